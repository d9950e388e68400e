import { evaluateTree } from '../expression/tree.ts';
import { textOf } from '../expression/value.ts';
import type { Json, Tree } from '../model/workflow.ts';
import { closingContexts, envContext, jobContexts } from './contexts.ts';
import type { JobScene } from './scene.ts';

/** The name of the environment that a job is for; `undefined` for none. Throws an `ExpressionError`. */
export function environmentName(scene: JobScene): string | undefined {
  const name = partOf(scene.job.environment, 'name', jobContexts(scene));
  return name === undefined || name.trim() === '' ? undefined : name.trim();
}

/** Where what the job brought to its environment is to be seen, once its steps have ended. Throws an `ExpressionError`. */
export function environmentUrl(scene: JobScene): string | undefined {
  const contexts = closingContexts(scene);
  const { environment } = scene.job;
  if (environment === undefined) {
    return undefined;
  }
  const env = envContext(scene, new Set(scene.ended.keys()), new Map(), { contexts });
  const url = partOf(environment, 'url', { ...contexts, env });
  return url === '' ? undefined : url;
}

/** The tree is a name, or a map; of a map only the part that is asked for is evaluated. */
function partOf(
  environment: Tree | undefined,
  part: 'name' | 'url',
  contexts: { readonly [name: string]: Json },
): string | undefined {
  if (environment === undefined) {
    return undefined;
  }
  const own =
    environment.kind === 'map' ? environment.entries.find(({ key }) => key.text === part)?.value : environment;
  const value = own === undefined ? undefined : evaluateTree(own, { contexts });
  if (environment.kind !== 'map' && typeof value === 'object' && value !== null) {
    const found = (value as { readonly [key: string]: Json })[part];
    return found === undefined ? undefined : textOf(found);
  }
  return value === undefined || (environment.kind !== 'map' && part === 'url') ? undefined : textOf(value);
}
