import { posix } from 'node:path';
import type { Volume } from '../model/container.ts';
import type { Bind } from '../model/machine.ts';
import type { Plan, PlannedJob } from '../model/plan.ts';
import type { Json } from '../model/workflow.ts';
import { isDebugging } from './debugging.ts';
import type { RunScene } from './scene.ts';
import { guestFolder, workspace } from './services.ts';

/** Folders of a machine that a dialect gives names to. All are absolute. */
export interface Inside {
  /** What a job starts in and its files are relative to. */
  readonly workspace: string;
  readonly home: string;
  /** Emptied with the job. */
  readonly temp: string;
  /** What steps find whatever image they run on; all else they write is there only for steps of the same image. */
  readonly kept: readonly string[];
  /** Where else parts of those are seen. */
  readonly binds: readonly Bind[];
  /** Where actions find tools that are kept. */
  readonly tools: string;
  /** Where the files of actions are put. */
  readonly actions: string;
  /** Where a step finds the payload of its event. */
  readonly event: string;
  /** Where command files are put, a folder for each command. */
  readonly commands: string;
}

/** A job as far as it says where things are. */
export interface Placed {
  readonly run: { readonly plan: Pick<Plan, 'dialect' | 'contexts'> };
  readonly job: Partial<Pick<PlannedJob, 'container'>>;
}

/** The one folder that all machines of a GitHub job see, whatever their image: everything of the job is below it. */
const shared = '/home/runner';
export const work = `${shared}/work`;

/** Where things are in the machines of a job: GitHub's steps find them where GitHub's own machines have them. */
export function insideOf({ run: { plan }, job: { container } }: Placed): Inside {
  if (plan.dialect !== 'github') {
    return {
      ...{ workspace, home: '/root', temp: '/tmp', kept: [workspace, '/root', '/tmp'], binds: [] },
      ...{ tools: '/opt/hostedtoolcache', actions: '', event: '/tmp/event.json', commands: guestFolder },
    };
  }
  const folder = `${repositoryName(plan)}/${repositoryName(plan)}`;
  if (container !== undefined) {
    return inContainer(folder, container.volumes);
  }
  return {
    ...{ workspace: `${work}/${folder}`, home: shared, temp: `${work}/_temp`, kept: [shared, '/tmp'], binds: [] },
    ...{ tools: '/opt/hostedtoolcache', actions: `${work}/_actions`, commands: guestFolder },
    event: `${work}/_temp/_github_workflow/event.json`,
  };
}

/** As GitHub's runner mounts its folders into the container of a job. */
function inContainer(folder: string, volumes: readonly Volume[]): Inside {
  return {
    ...{ workspace: `/__w/${folder}`, home: '/github/home', temp: '/__w/_temp', kept: [shared] },
    ...{ tools: '/__t', actions: '/__w/_actions', event: '/github/workflow/event.json', commands: guestFolder },
    binds: [
      { from: work, to: '/__w' },
      { from: `${work}/_tool`, to: '/__t' },
      { from: `${work}/_temp/_github_home`, to: '/github/home' },
      { from: `${work}/_temp/_github_workflow`, to: '/github/workflow' },
      ...bindsOf(volumes),
    ],
  };
}

/** As it mounts them into the container of an action. */
export function insideAction({ run: { plan } }: Placed): Inside {
  const folder = `${repositoryName(plan)}/${repositoryName(plan)}`;
  return {
    ...{ workspace: '/github/workspace', home: '/github/home', temp: '/github/runner_temp', kept: [shared] },
    ...{ tools: '/opt/hostedtoolcache', actions: `${work}/_actions`, event: '/github/workflow/event.json' },
    commands: '/github/file_commands',
    binds: [
      { from: `${work}/${folder}`, to: '/github/workspace' },
      { from: `${work}/_temp`, to: '/github/runner_temp' },
      { from: `${work}/_temp/_github_home`, to: '/github/home' },
      { from: `${work}/_temp/_github_workflow`, to: '/github/workflow' },
      { from: `${work}/_temp/_runner_file_commands`, to: '/github/file_commands' },
    ],
  };
}

/**
 * Folders below the job's work folder, those above before those in them, that belong to whom the steps of a container run
 * as: what they are to write to.
 */
export function ownFolders({ run: { plan }, job: { container } }: Placed): readonly string[] {
  const name = repositoryName(plan);
  const volumes = (container?.volumes ?? []).flatMap((volume) => (volume.name === undefined ? [] : [volume.name]));
  return [
    ...[name, `${name}/${name}`, '_tool', '_temp', '_temp/_github_home', '_temp/_github_workflow'],
    ...['_volumes', ...volumes.map((volume) => `_volumes/${volume}`)],
  ];
}

/** Of a machine that is no step's: it sees nothing of the job's. What it writes to its volumes is on its own disk. */
export function apart(volumes: readonly Volume[]): Inside {
  const store = '/var/lib/lightv';
  return {
    ...{ workspace: '/', home: '/root', temp: '/tmp', kept: volumes.length === 0 ? [] : [store] },
    ...{ tools: '', actions: '', event: '', commands: guestFolder },
    binds: volumes.flatMap(({ name, path }) => (name === undefined ? [] : [{ from: `${store}/${name}`, to: path }])),
  };
}

/** Volumes with a name are the job's; those without live as long as what else the image's layer holds. */
export function bindsOf(volumes: readonly Volume[]): readonly Bind[] {
  return volumes.flatMap(({ name, path }) =>
    name === undefined ? [] : [{ from: `${work}/_volumes/${name}`, to: path }],
  );
}

/**
 * A value for the container of an action, where it starts with a path of the job's own machines that is found elsewhere
 * there: what GitHub's runner does with every variable.
 */
export function translated(value: string, placed: Placed): string {
  const ours = insideOf(placed);
  const theirs = insideAction(placed);
  const outside = insideOf({ ...placed, job: {} });
  const pairs = [outside, ours].flatMap((from) => [
    [from.workspace, theirs.workspace] as const,
    [`${from.temp}/_github_home`, theirs.home] as const,
    [posix.dirname(from.event), posix.dirname(theirs.event)] as const,
    [from.temp, theirs.temp] as const,
  ]);
  const found = pairs.find(([from]) => value === from || value.startsWith(`${from}/`));
  return found === undefined ? value : `${found[1]}${value.slice(found[0].length)}`;
}

/** The `github` and `runner` contexts with the folders of the machines in them, and the job's id in the file. */
export function contextsInside(
  placed: Placed & { readonly run: Pick<RunScene, 'services'>; readonly job: Pick<PlannedJob, 'jobId'> },
): { readonly [name: string]: Json } {
  const { dialect, contexts } = placed.run.plan;
  if (dialect !== 'github') {
    return {};
  }
  const inside = insideOf(placed);
  return {
    github: {
      ...asObject(contexts.github),
      workspace: inside.workspace,
      event_path: inside.event,
      job: placed.job.jobId,
    },
    runner: {
      ...asObject(contexts.runner),
      ...runnerFolders(inside),
      ...(isDebugging(placed.run) ? { debug: '1' } : {}),
    },
  };
}

/** What the `runner` context says of folders. */
export function runnerFolders({ workspace: folder, temp, tools }: Inside): { readonly [name: string]: string } {
  return { temp, tool_cache: tools, workspace: posix.dirname(folder) };
}

function repositoryName({ contexts }: Pick<Plan, 'contexts'>): string {
  const { repository } = asObject(contexts.github);
  return (typeof repository === 'string' ? repository : '').split('/').at(-1) || 'workspace';
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}
