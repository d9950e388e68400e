import { evaluateTree } from '../../expression/tree.ts';
import { textOf } from '../../expression/value.ts';
import type { PlannedContainer } from '../../model/container.ts';
import type { RegistryCredentials } from '../../model/image.ts';
import type { Json } from '../../model/workflow.ts';
import { envContext, jobContexts } from '../contexts.ts';
import type { JobScene } from '../scene.ts';

/** What a container comes to once its secrets are at hand. */
export interface OpenedContainer {
  readonly planned: PlannedContainer;
  readonly env: Readonly<Record<string, string>>;
  readonly credentials?: RegistryCredentials;
}

/**
 * Works out what of a container may hang on secrets. Its password is masked from then on. Throws an `ExpressionError`.
 */
export function openContainer(scene: JobScene, planned: PlannedContainer): OpenedContainer {
  const contexts = { ...jobContexts(scene), secrets: Object.fromEntries(scene.run.secrets) };
  const env = envContext(scene, new Set(), new Map(), { contexts });
  const scope = { contexts: { ...contexts, env } };
  const text = (tree: Parameters<typeof evaluateTree>[0]) => textOf(evaluateTree(tree, scope) as Json);
  const variables = planned.env.map(([name, value]) => [name, text(value)] as const);
  const given = { env: Object.fromEntries([...variables, ...planned.options.env]) };
  if (planned.credentials === undefined) {
    return { planned, ...given };
  }
  const { username, password } = planned.credentials;
  const credentials = { username: text(username), password: text(password) };
  scene.report.masks.add(credentials.password);
  return { planned, ...given, credentials };
}
