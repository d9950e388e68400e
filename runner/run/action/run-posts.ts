import { evaluateCondition } from '../../expression/evaluate.ts';
import type { AroundWork } from '../../model/workflow.ts';
import { stepStatus } from '../contexts.ts';
import { type End, endOfError, succeeded } from '../ending.ts';
import { passOn } from '../frame.ts';
import { type CommandRun, worse } from '../guest-command.ts';
import { noWords } from '../step-files.ts';
import type { BegunAction } from './around.ts';
import { keepState } from './note-end.ts';
import { type ActionUse, givenTo } from './run-action.ts';
import { runOne } from './run-scripted.ts';

type PostUse = Pick<ActionUse, 'scene' | 'at' | 'frame'>;

/** Runs the ends of the actions that a step began, the last one first. One that fails does not keep others from theirs. */
export async function runPosts(use: PostUse, work: AroundWork): Promise<CommandRun> {
  let end: End = succeeded;
  const summaries: string[] = [];
  for (const begun of [...(use.scene.begunActions.get(work.of) ?? [])].reverse()) {
    try {
      const run = await runPost(use, begun);
      end = worse(end, run?.end ?? succeeded);
      summaries.push(...(run?.words.summary === undefined ? [] : [run.words.summary]));
      if (run?.lost === true) {
        return { end, words: noWords, lost: true };
      }
    } catch (error) {
      end = worse(end, endOfError(error, use.at.stop.why));
    }
  }
  const summary = summaries.length === 0 ? {} : { summary: summaries.join('\n') };
  return { end, words: { ...noWords, ...summary }, lost: false };
}

/** What the action is given is worked out once more: its end may find other values than its beginning did. */
async function runPost(
  { scene, at, frame: { progress } }: PostUse,
  { action, runs, frame: begun, piece, state }: BegunAction,
): Promise<CommandRun | undefined> {
  const frame = { ...begun, progress };
  // `post-if` is about the job as it stands; left out, it always holds.
  const scope = { contexts: frame.contexts(), status: stepStatus(scene, at.step) };
  if (runs.postIf !== undefined && !evaluateCondition(runs.postIf, scope)) {
    return undefined;
  }
  const use = { scene, at, frame, piece };
  const run = await runOne(use, await givenTo(use, action), runs, runs.post, state);
  keepState(state, run.words.state);
  passOn(run.words, frame);
  return run;
}
