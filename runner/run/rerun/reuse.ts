import type { PlannedStep } from '../../model/plan.ts';
import type { StepGraph } from '../step-graph.ts';
import { isControl } from '../work.ts';
import type { KeptStep } from './kept.ts';

/** Which steps of a job need not run again, and why others do that had ended well. */
export interface Reuse {
  readonly steps: ReadonlySet<string>;
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * The steps whose ends are taken from an earlier run: those that ended well, are what they were (`unlike` says how one is
 * not), and stand on others like them; and whose disk is there, as they left it, where a step that runs starts from it.
 */
export function reusableSteps(
  steps: readonly PlannedStep[],
  graph: StepGraph,
  kept: readonly KeptStep[],
  unlike: (step: PlannedStep, was: KeptStep) => string | undefined,
): Reuse {
  const known = new Map(kept.map((was) => [was.id, was]));
  const taken = new Set<string>();
  const reasons = new Map<string, string>();
  for (const step of steps) {
    const was = known.get(step.id);
    const why = was === undefined ? 'it is new' : endedWell(was) ? unlike(step, was) : '';
    if (why === undefined && standsOn(step).every((need) => taken.has(need))) {
      taken.add(step.id);
    } else if (why !== undefined && why !== '') {
      reasons.set(step.id, why);
    }
  }
  for (let lost = firstLost(steps, graph, known, taken); lost !== undefined; ) {
    const { id, why } = lost;
    reasons.set(id, why);
    taken.delete(id);
    for (const step of steps.filter((each) => graph.needed(each.id).has(id))) {
      taken.delete(step.id);
    }
    lost = firstLost(steps, graph, known, taken);
  }
  return { steps: taken, reasons };
}

/** A step that waited for others ends as they did. */
function standsOn({ needs, work }: PlannedStep): readonly string[] {
  return isControl(work) ? [...needs, ...work.steps] : needs;
}

function endedWell({ result }: KeptStep): boolean {
  return result.conclusion === 'success' || (result.conclusion === 'skipped' && result.reason === 'condition');
}

/** A step taken so far whose disk is not as it left it, or gone although it is wanted. */
function firstLost(
  steps: readonly PlannedStep[],
  graph: StepGraph,
  known: ReadonlyMap<string, KeptStep>,
  taken: ReadonlySet<string>,
): { id: string; why: string } | undefined {
  const run = steps.filter(({ id }) => !taken.has(id));
  for (const id of taken) {
    const { on } = known.get(id) ?? {};
    const heir = run.find((step) => on !== undefined && known.get(step.id)?.on === on);
    if (heir !== undefined) {
      return { id, why: `its machine went on to step "${heir.id}"` };
    }
  }
  const wanted = [...run.map(({ id }) => graph.base(id)), [...taken].at(-1)];
  const starts = wanted.flatMap((id) => lastThatRan(id, graph, known) ?? []);
  const gone = starts.find(({ id, disk }) => taken.has(id) && disk === undefined);
  return gone === undefined ? undefined : { id: gone.id, why: 'its disk is not there any more' };
}

function lastThatRan(
  id: string | undefined,
  graph: StepGraph,
  known: ReadonlyMap<string, KeptStep>,
): KeptStep | undefined {
  let at = id;
  while (at !== undefined && known.get(at)?.ran !== true) {
    at = graph.base(at);
  }
  return at === undefined ? undefined : known.get(at);
}
