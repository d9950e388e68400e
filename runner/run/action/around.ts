import type { PlannedJob, PlannedStep } from '../../model/plan.ts';
import type { AroundWork, Template } from '../../model/workflow.ts';
import type { Frame } from '../frame.ts';
import type { RunScene } from '../scene.ts';
import type { OpenedAction } from './action-folder.ts';
import { isDoneHere } from './done-here.ts';
import type { ActionPiece } from './run-action.ts';
import type { ScriptedRuns } from './run-scripted.ts';

/** An action that was begun and has an end of its own. */
export interface BegunAction {
  readonly action: OpenedAction;
  readonly runs: ScriptedRuns & { readonly post: string };
  readonly frame: Frame;
  /** What uses it. */
  readonly piece: ActionPiece;
  /** What it kept for its end, by name. */
  readonly state: Map<string, string>;
}

/**
 * The job with steps around its own for those that use actions: `pre` scripts before the first, ends behind the last in
 * the reverse order. Whether an action has the one is known once it was fetched, the other once it was begun; those
 * that come to nothing are passed over in silence.
 */
export function withActionsAround(job: PlannedJob, run: Pick<RunScene, 'services'>): PlannedJob {
  const using = job.steps.filter(({ work }) => work.kind === 'action' && !isDoneHere(run, work));
  const before = inRow(using.filter(isFetched), 'pre', undefined);
  const after = inRow([...using].reverse(), 'post', job.steps.at(-1)?.id);
  const [last] = before.slice(-1);
  const own = job.steps.map((step) =>
    step.needs.length > 0 || last === undefined ? step : { ...step, needs: [last.id] },
  );
  return using.length === 0 ? job : { ...job, steps: [...before, ...own, ...after] };
}

/** The files of a local action are there only once a step has brought them. */
function isFetched({ work }: PlannedStep): boolean {
  return work.kind === 'action' && work.reference.kind === 'repository';
}

function inRow(steps: readonly PlannedStep[], kind: AroundWork['kind'], start: string | undefined): PlannedStep[] {
  let last = start;
  return steps.map((step) => {
    const made = around(step, kind, last === undefined ? [] : [last]);
    last = made.id;
    return made;
  });
}

function around(step: PlannedStep, kind: AroundWork['kind'], needs: readonly string[]): PlannedStep {
  const uses = 'uses' in step.work ? step.work.uses : undefined;
  const text = (words: string): Template => ({ text: words, place: uses?.place ?? { file: '', line: 1, column: 1 } });
  const { timeout: _, workingDirectory: __, background: ___, ...rest } = step;
  return {
    ...rest,
    id: `${kind}-${step.id}`,
    named: false,
    name: text(`${kind === 'pre' ? 'Pre' : 'Post'} ${step.name?.text ?? `Run ${uses?.text ?? step.id}`}`),
    work: { kind, of: step.id, uses: uses ?? text('') },
    needs,
    condition: text('always()'),
    continueOnError: false,
  };
}
