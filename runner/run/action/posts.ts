import type { JavaScriptRuns } from '../../model/action.ts';
import type { PlannedJob, PlannedStep } from '../../model/plan.ts';
import type { Template } from '../../model/workflow.ts';
import { isBuiltIn } from '../../plan/actions.ts';
import type { Frame } from '../frame.ts';
import type { ReadyAction } from './run-action.ts';

/** An action that was begun and has an end of its own. */
export interface BegunAction {
  readonly action: ReadyAction;
  readonly runs: JavaScriptRuns & { readonly post: string };
  readonly frame: Frame;
  /** What it kept for its end, by name. */
  readonly state: Map<string, string>;
}

/**
 * The job with a step behind the others for each that uses an action: there its end is run, in the reverse order of the
 * steps. Whether an action has an end is known only once it was begun.
 */
export function withPosts(job: PlannedJob): PlannedJob {
  const using = job.steps.filter(({ work }) => work.kind === 'action' && !isBuiltIn(work));
  let last = job.steps.at(-1)?.id;
  const posts = using.reverse().map((step): PlannedStep => {
    const post = postOf(step, last === undefined ? [] : [last]);
    last = post.id;
    return post;
  });
  return posts.length === 0 ? job : { ...job, steps: [...job.steps, ...posts] };
}

function postOf(step: PlannedStep, needs: readonly string[]): PlannedStep {
  const uses = step.work.kind === 'script' ? undefined : step.work.uses;
  const text = (words: string): Template => ({ text: words, place: uses?.place ?? { file: '', line: 1, column: 1 } });
  const { timeout: _, workingDirectory: __, ...rest } = step;
  return {
    ...rest,
    id: `post-${step.id}`,
    named: false,
    name: text(`Post ${uses?.text ?? step.id}`),
    work: { kind: 'post', of: step.id, uses: uses ?? text('') },
    needs,
    condition: text('always()'),
    continueOnError: false,
  };
}
