import { posix } from 'node:path';
import { fillNamed } from '../expression/named.ts';
import { WrongInput } from '../host/fault.ts';
import type { SourceRequest } from '../model/lease.ts';
import type { ActionWork, Json } from '../model/workflow.ts';
import { checkoutWish } from './checkout-inputs.ts';
import { moveTo } from './container/move.ts';
import { StepFailure, succeeded } from './ending.ts';
import type { Frame, Piece } from './frame.ts';
import type { CommandRun, StepAttempt } from './guest-command.ts';
import { guestText } from './guest-text.ts';
import { pieceEnv } from './piece-env.ts';
import type { JobScene, RunScene } from './scene.ts';
import { noWords } from './step-files.ts';

/**
 * Does what `actions/checkout` does without running it: the repository at hand as it is now, uncommitted changes
 * included, or another one, each with its `.git`. No credential gets into the machine.
 */
export async function runCheckout(
  scene: JobScene,
  at: StepAttempt,
  frame: Frame,
  piece: Piece,
  work: ActionWork,
): Promise<CommandRun> {
  await moveTo(scene, at, { role: 'steps' });
  const inputs = inputsOf(scene, at, frame, piece, work);
  const wish = checkoutWish(inputs, (repository, ref) => isHere(scene, repository, ref));
  for (const name of wish.idle) {
    const where = { job: scene.job.id, step: at.step.id };
    await scene.report.notice(where, `the input "${name}" of ${work.uses.text} makes no difference here`, 'warning');
  }
  const tar = await scene.run.sources.read(wish.request, at.stop.signal);
  if (tar === undefined) {
    throw new WrongInput([
      { message: `${work.uses.text}: the workflow is not in a git repository`, place: work.uses.place },
    ]);
  }
  const { workspace } = at.held.use.inside;
  const folder = posix.join(workspace, wish.path);
  if (wish.clean && hasRun(scene)) {
    await emptyFolder(at, folder);
  }
  await at.held.vm.copyIn(tar, folder, at.stop.signal, at.held.user);
  const outputs = await outputsOf(scene, at, folder, wish.request);
  return { end: succeeded, words: { ...noWords, outputs }, lost: false };
}

/** Before the first step of a job there is nothing in its workspace. */
function hasRun({ ended }: JobScene): boolean {
  return [...ended.values()].some(({ result }) => result.durationMs !== undefined);
}

/** Files of an earlier checkout, or of earlier steps, are gone after a checkout into their folder. */
async function emptyFolder({ held, stop }: StepAttempt, folder: string): Promise<void> {
  const script = '[ ! -e "$0" ] || find "$0" -mindepth 1 -maxdepth 1 -exec rm -rf {} +';
  const command = { argv: ['sh', '-c', script, folder], env: held.image.config.env, cwd: '/', grace: 0 };
  const exit = await held.vm.exec(command, { write: async () => {} }, stop.signal);
  if (exit.kind !== 'exited' || exit.code !== 0) {
    throw new StepFailure('not-started', `the folder ${folder} could not be emptied`);
  }
}

/** What the action tells: the ref that was asked for, else the one it found, and the commit. */
async function outputsOf(
  { run }: JobScene,
  { held, stop }: StepAttempt,
  folder: string,
  { repository, ref }: SourceRequest,
): Promise<Record<string, string>> {
  const read = async (name: string) =>
    (await guestText(held.vm, posix.join(folder, '.git', name), stop.signal))?.trim();
  const head = (await read('HEAD')) ?? '';
  const on = /^ref: (\S+)$/.exec(head)?.[1];
  const commit = on === undefined ? head : ((await read(on)) ?? '');
  const here = repository === undefined ? githubOf(run).ref : undefined;
  return { ref: ref ?? here ?? on ?? commit, commit };
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

/** Whether a checkout means the working tree: its repository, and the commit that the event is about. */
function isHere({ run }: JobScene, repository: string, ref: string): { repository: boolean; ref: boolean } {
  const github = githubOf(run);
  return {
    repository: repository === '' || repository.toLowerCase() === (github.repository ?? '').toLowerCase(),
    ref: [github.ref, github.ref_name, github.sha, github.head_ref, ''].includes(ref),
  };
}

function githubOf({ plan }: Pick<RunScene, 'plan'>): { readonly [key: string]: string | undefined } {
  const github = (plan.contexts.github ?? {}) as { readonly [key: string]: Json };
  return Object.fromEntries(Object.entries(github).filter(([, value]) => typeof value === 'string')) as Record<
    string,
    string
  >;
}
