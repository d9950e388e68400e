import { fillNamed } from '../expression/named.ts';
import { WrongInput } from '../host/fault.ts';
import type { SourceRequest } from '../model/lease.ts';
import type { ActionWork } from '../model/workflow.ts';
import { StepFailure, succeeded } from './ending.ts';
import type { Frame, Piece } from './frame.ts';
import type { CommandRun, StepAttempt } from './guest-command.ts';
import { insideOf } from './inside.ts';
import { pieceEnv } from './piece-env.ts';
import type { JobScene } from './scene.ts';
import { noWords } from './step-files.ts';

/** Inputs of `actions/checkout` that LightV carries out; of the others those that ask for nothing are let pass. */
const known = [
  'repository',
  'ref',
  'path',
  'fetch-depth',
  'token',
  'persist-credentials',
  'clean',
  'set-safe-directory',
];
/** Inputs that change what is checked out when they say `true`. */
const refused = ['submodules', 'lfs', 'sparse-checkout', 'filter', 'ssh-key'];

/**
 * Does what `actions/checkout` does without running it: the repository at hand as it is now, uncommitted changes
 * included, or another one. No credential gets into the machine.
 */
export async function runCheckout(
  scene: JobScene,
  at: StepAttempt,
  frame: Frame,
  piece: Piece,
  work: ActionWork,
): Promise<CommandRun> {
  const inputs = inputsOf(scene, at, frame, piece, work);
  const path = inputs.get('path') ?? '';
  if (path.startsWith('/') || path.split('/').includes('..')) {
    throw new StepFailure('not-started', `the path "${path}" leads out of the workspace`);
  }
  for (const name of refused) {
    const value = inputs.get(name) ?? '';
    if (value !== '' && value !== 'false') {
      throw new StepFailure('not-started', `the input "${name}" of ${work.uses.text} is not there yet`);
    }
  }
  for (const name of [...inputs.keys()].filter((each) => !known.includes(each) && !refused.includes(each))) {
    const where = { job: scene.job.id, step: at.step.id };
    await scene.report.notice(where, `the input "${name}" of ${work.uses.text} makes no difference here`, 'warning');
  }
  const { workspace } = insideOf(scene.run.plan);
  const tar = await scene.run.sources.read(requestOf(scene, inputs), at.stop.signal);
  if (tar === undefined) {
    throw new WrongInput([
      { message: `${work.uses.text}: the workflow is not in a git repository`, place: work.uses.place },
    ]);
  }
  await at.held.vm.copyIn(tar, path === '' ? workspace : `${workspace}/${path}`, at.stop.signal);
  return { end: succeeded, words: noWords, lost: false };
}

/** By their names in lower case; those left blank are not there. */
function inputsOf(
  scene: JobScene,
  { step }: StepAttempt,
  frame: Frame,
  piece: Piece,
  { inputs }: ActionWork,
): Map<string, string> {
  const bare = { contexts: frame.contexts() };
  const env = pieceEnv(scene, step, frame, piece, bare);
  const scope = { contexts: { ...bare.contexts, env } };
  const filled = [...fillNamed(inputs, scope)].map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
  return new Map(filled.filter(([, value]) => value !== ''));
}

/** The working tree, unless another repository or another commit than the one at hand is asked for. */
function requestOf({ run }: JobScene, inputs: ReadonlyMap<string, string>): SourceRequest {
  const github = run.plan.contexts.github as { readonly [key: string]: unknown } | undefined;
  const repository = inputs.get('repository') ?? '';
  const ref = inputs.get('ref') ?? '';
  const here = repository === '' || repository.toLowerCase() === String(github?.repository ?? '').toLowerCase();
  if (here && (ref === '' || [github?.ref, github?.ref_name, github?.sha].includes(ref))) {
    return {};
  }
  const depth = Number(inputs.get('fetch-depth') ?? '1');
  return {
    repository: here ? (run.plan.repository ?? repository) : repository,
    ...(ref === '' ? {} : { ref }),
    ...(Number.isInteger(depth) && depth > 0 ? { depth } : {}),
  };
}
