import { join } from 'node:path';
import { WrongInput } from '../host/fault.ts';
import { stateFolder } from '../host/paths.ts';
import type { Json } from '../model/workflow.ts';
import { readPlans } from '../provider/local/read-plans.ts';
import { noteCommits } from '../run/rerun/keep-run.ts';
import { openArtifacts } from '../service/artifact-store.ts';
import { type KeptFile, readKept } from '../store/kept/file.ts';
import type { RunRecord } from '../store/record.ts';
import { openStore, type RunStore } from '../store/store.ts';
import type { Config } from './config.ts';
import { localFiles, localFilesNotice } from './local-files.ts';
import { hostBounds } from './plan-request.ts';
import type { RunOptions } from './run-options.ts';
import { type Asked, planWithSecrets, type RunRequest, withNotice } from './run-request.ts';
import { failedStep, onlyCell, selectingName } from './visit-request.ts';
import { workflowFetcher } from './workflow-fetcher.ts';

/**
 * What is to be run again of a run that did not succeed: its file as it is now, asked for as it was then. `undefined`
 * where nothing failed. Throws a `WrongInput` for a run nothing is kept of.
 */
export async function rerunRequest(
  id: string,
  paths: readonly string[],
  options: RunOptions,
  config: Config,
): Promise<RunRequest | undefined> {
  refuseOthers(paths, options);
  const store = openStore(stateFolder());
  try {
    const run = store.find(id);
    if (run.state === 'success') {
      return undefined;
    }
    const { secretFile } = await localFiles(run.file, options);
    const local = secretFile === undefined ? {} : { secretFile };
    // Its texts are whole once all secrets are known.
    let kept = await keptOf(store, run, new Map());
    const mirror = options.actionsMirror ?? (kept.asked as Asked).actionsMirror;
    const mirrored = mirror === undefined ? {} : { actionsMirror: mirror };
    const fetchFor = workflowFetcher(mirrored);
    const visiting = options.visit === undefined ? undefined : failedStep(kept.run, options.visit);
    const { plans, secrets } = await planWithSecrets({ ...options, ...local }, async (known, names) => {
      kept = await keptOf(store, run, known);
      return await readPlans([run.file], {
        ...(kept.asked as Asked).read,
        ...(visiting === undefined ? {} : { jobs: [selectingName(visiting.job)], step: visiting.step }),
        ...names,
        fetchFor: async (top) => noteCommits(await fetchFor(top), new Map(), kept.run.actions),
        host: hostBounds(config, options.memory),
        contexts: nextAttempt(kept.contexts),
      });
    });
    return {
      plans: withNotice(
        visiting === undefined ? plans : plans.map((plan) => onlyCell(plan, visiting.job)),
        localFilesNotice(local),
      ),
      ...(visiting === undefined ? {} : { visiting }),
      asked: { ...(kept.asked as Asked), ...mirrored },
      secrets,
      earlier: { folder: store.folderOf(run.id), kept: kept.run, artifacts: artifactsOf(store, run.id) },
    };
  } finally {
    store.close();
  }
}

/** What a rerun takes from the run it goes on from. */
const ofTheRun = ['job', 'matrix', 'workflows', 'var', 'input', 'env', 'platform'] as const;
const ofTheRunToo = [
  'step',
  'event',
  'payload',
  'eventpath',
  'dialect',
  'varFile',
  'inputFile',
  'envFile',
  'isolation',
] as const;

function refuseOthers(paths: readonly string[], options: RunOptions): void {
  const given = [
    ...(paths.length > 0 ? ['a file'] : []),
    ...ofTheRun.filter((name) => options[name].length > 0).map(flagOf),
    ...ofTheRunToo.filter((name) => options[name] !== undefined).map(flagOf),
  ];
  if (given.length > 0) {
    const message = `--rerun-failed takes everything from the run but its secrets; leave out ${given.join(', ')}`;
    throw new WrongInput([{ message }]);
  }
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

async function keptOf(store: RunStore, run: RunRecord, secrets: ReadonlyMap<string, string>): Promise<KeptFile> {
  const kept =
    run.state === 'running' || run.state === 'lost' ? undefined : await readKept(store.folderOf(run.id), secrets);
  if (kept !== undefined) {
    return kept;
  }
  const why =
    run.state === 'running'
      ? 'it is still going on'
      : run.state === 'lost'
        ? 'it was killed, and what it left was removed'
        : 'what it left is not kept (any more)';
  throw new WrongInput([
    { message: `the run ${run.id} cannot be gone on from: ${why}; to run it as a whole: lightv run ${run.file}` },
  ]);
}

/** The same run, once more, to whoever asks. */
function nextAttempt(contexts: KeptFile['contexts']): KeptFile['contexts'] {
  const github = contexts.github as { readonly [key: string]: Json } | undefined;
  return { ...contexts, github: { ...github, run_attempt: String(Number(github?.run_attempt ?? '0') + 1) } };
}

function artifactsOf(store: RunStore, run: string) {
  const saved = openArtifacts(join(store.folderOf(run), 'artifacts'));
  return store.artifacts(run).map(({ name, job, step }) => ({
    ...{ name, job, open: () => saved.open(name) },
    ...(step === undefined ? {} : { step }),
  }));
}
