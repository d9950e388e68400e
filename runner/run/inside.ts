import type { Plan } from '../model/plan.ts';
import type { Json } from '../model/workflow.ts';
import { workspace } from './services.ts';

/** Folders of a machine that a dialect gives names to. All are absolute. */
export interface Inside {
  /** What a job starts in and its files are relative to. */
  readonly workspace: string;
  readonly home: string;
  /** Emptied with the job. */
  readonly temp: string;
  /** What steps find whatever image they run on; all else they write is there only for steps of the same image. */
  readonly kept: readonly string[];
}

/** Where things are in the machines of a plan: GitHub's steps find them where GitHub's own machines have them. */
export function insideOf({ dialect, contexts }: Pick<Plan, 'dialect' | 'contexts'>): Inside {
  if (dialect !== 'github') {
    return { workspace, home: '/root', temp: '/tmp', kept: [workspace, '/root', '/tmp'] };
  }
  const name = repositoryOf(contexts.github).split('/').at(-1) || 'workspace';
  const work = '/home/runner/work';
  const home = '/home/runner';
  return { workspace: `${work}/${name}/${name}`, home, temp: `${work}/_temp`, kept: [home, '/tmp'] };
}

/** Where a step finds the payload of its event. */
export function eventFile({ temp }: Inside): string {
  return `${temp}/_github_workflow/event.json`;
}

/** The `github` and `runner` contexts with the folders of the machines in them, and the job's id in the file. */
export function contextsInside(
  plan: Pick<Plan, 'dialect' | 'contexts'>,
  job: string,
): { readonly [name: string]: Json } {
  const inside = insideOf(plan);
  const { workspace: folder, temp } = inside;
  if (plan.dialect !== 'github') {
    return {};
  }
  return {
    github: { ...asObject(plan.contexts.github), workspace: folder, event_path: eventFile(inside), job },
    runner: {
      ...asObject(plan.contexts.runner),
      temp,
      tool_cache: '/opt/hostedtoolcache',
      workspace: folder.slice(0, folder.lastIndexOf('/')),
    },
  };
}

function repositoryOf(github: Json | undefined): string {
  const { repository } = asObject(github);
  return typeof repository === 'string' ? repository : '';
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}
