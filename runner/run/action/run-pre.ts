import { evaluateCondition } from '../../expression/evaluate.ts';
import type { CompositeRuns } from '../../model/action.ts';
import type { AroundWork, StepWork } from '../../model/workflow.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import { type Frame, outerFrame, type Piece, passOn } from '../frame.ts';
import { type CommandRun, worse } from '../guest-command.ts';
import { noWords } from '../step-files.ts';
import { type ActionTree, hasPre } from './action-tree.ts';
import { frameInside } from './frame-inside.ts';
import { keepState, keyOf, noteEnd, stateOf } from './note-end.ts';
import { type ActionPiece, type ActionUse, readyAction } from './run-action.ts';
import { runOne, type ScriptedRuns } from './run-scripted.ts';

const nothing: CommandRun = { end: succeeded, words: noWords, lost: false };

/** Runs the `pre` scripts of the action that a later step uses, and of those inside it, in the order of their steps. */
export async function runPre(
  use: Pick<ActionUse, 'scene' | 'at' | 'frame' | 'runPiece'>,
  work: AroundWork,
): Promise<CommandRun> {
  const { scene } = use;
  const tree = scene.trees.get(work.of);
  const step = scene.job.steps.find(({ id }) => id === work.of);
  if (tree === undefined || !isActionPiece(step)) {
    return nothing;
  }
  const frame = { ...outerFrame(scene, step), progress: use.frame.progress };
  return await preOf({ ...use, frame, piece: step }, tree);
}

async function preOf(use: ActionUse, tree: ActionTree): Promise<CommandRun> {
  const { runs } = tree.definition;
  return runs.kind === 'javascript' || runs.kind === 'docker'
    ? await preScript(use, runs)
    : runs.kind === 'composite'
      ? await presInside(use, runs, tree)
      : nothing;
}

async function preScript(use: ActionUse, runs: ScriptedRuns): Promise<CommandRun> {
  const { scene, frame, piece } = use;
  if (runs.pre === undefined || !holds(frame, runs)) {
    return nothing;
  }
  const action = await readyAction(use);
  const state = stateOf(scene, keyOf(frame, piece));
  // Inside another action an end belongs to those whose main script runs.
  if (frame.depth === 0) {
    noteEnd(scene, piece.id, { action, runs, frame, piece, state });
  }
  const run = await runOne(use, action, runs, runs.pre, state);
  keepState(state, run.words.state);
  passOn(run.words, frame);
  return { ...run, words: { ...noWords, ...(run.words.summary === undefined ? {} : { summary: run.words.summary }) } };
}

/** `pre-if`, left out, always holds. */
function holds(frame: Frame, { preIf }: ScriptedRuns): boolean {
  return preIf === undefined || evaluateCondition(preIf, { contexts: frame.contexts(), status: frame.status() });
}

/** One that fails does not keep the others from theirs. */
async function presInside(use: ActionUse, { steps }: CompositeRuns, tree: ActionTree): Promise<CommandRun> {
  let end: End = succeeded;
  const action = await readyAction(use);
  const frame = frameInside(use, action, () => ({ steps: {}, outcome: end.outcome }));
  for (const step of steps) {
    const inner = tree.uses.get(step.id);
    if (inner === undefined || !hasPre(inner) || !isActionPiece(step)) {
      continue;
    }
    try {
      const run = await preOf({ ...use, frame, piece: step }, inner);
      end = worse(end, run.end);
      if (run.lost) {
        return { ...nothing, end, lost: true };
      }
    } catch (error) {
      end = worse(end, endOfError(error, use.at.stop.why));
    }
  }
  return { ...nothing, end };
}

function isActionPiece<T extends { readonly work: StepWork }>(piece: T | undefined): piece is T & ActionPiece & Piece {
  return piece?.work.kind === 'action';
}
