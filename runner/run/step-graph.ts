import type { PlannedStep } from '../model/plan.ts';
import { companions } from './companions.ts';
import { isControl } from './work.ts';

/** How the steps of one job hang together. Pure; answers do not depend on what has run. */
export class StepGraph {
  /** In the order in which what they export takes effect: one in the background when a step first waits for it. */
  readonly inEffect: readonly PlannedStep[];
  readonly #needed = new Map<string, ReadonlySet<string>>();
  /** A step and what its disk was forked from, back to the job's start. */
  readonly #lineages = new Map<string, readonly string[]>();
  /** By a step's id: those whose disk is forked from its. */
  readonly #forks = new Map<string, readonly string[]>();
  readonly #background: ReadonlySet<string>;
  readonly #companions: ReadonlyMap<string, readonly string[]>;

  /** In the order of the file: a step needs only earlier ones. */
  constructor(steps: readonly PlannedStep[]) {
    const ended = endedBy(steps);
    this.#background = new Set(steps.flatMap(({ id, background }) => (background === true ? [id] : [])));
    this.#companions = companions(steps);
    this.inEffect = inOrderOfEffect(steps, this.#background);
    for (const { id, needs } of steps) {
      const direct = needs.flatMap((need) => [need, ...(ended.get(need) ?? [])]);
      this.#needed.set(id, new Set(direct.flatMap((need) => [need, ...this.needed(need)])));
      const base = this.#before(id) ?? this.#sharedBy(needs);
      this.#lineages.set(id, [id, ...(base === undefined ? [] : (this.#lineages.get(base) ?? []))]);
      if (base !== undefined) {
        this.#forks.set(base, [...(this.#forks.get(base) ?? []), id]);
      }
    }
  }

  /** Every step whose end this one sees: those it waits for to start, and what these waited for. */
  needed(id: string): ReadonlySet<string> {
    return this.#needed.get(id) ?? new Set();
  }

  /** The one step that goes on from the disk this one leaves, when there is no other. */
  heir(id: string): string | undefined {
    const [next, ...others] = this.#forks.get(id) ?? [];
    return others.length === 0 ? next : undefined;
  }

  /**
   * The step whose disk this one forks: its one need, or the nearest ancestor all needs share; else the job's start. Of
   * steps on one machine: the one before in the file.
   */
  base(id: string): string | undefined {
    return this.#lineages.get(id)?.[1];
  }

  inBackground(id: string): boolean {
    return this.#background.has(id);
  }

  /** The steps that run on one machine with this one, itself included, in the order of the file; empty for one alone. */
  companions(id: string): readonly string[] {
    return this.#companions.get(id) ?? [];
  }

  #before(id: string): string | undefined {
    const all = this.companions(id);
    return all[all.indexOf(id) - 1];
  }

  #sharedBy(needs: readonly string[]): string | undefined {
    const [first, ...others] = needs.map((need) => this.#lineages.get(need) ?? []);
    return first?.find((ancestor) => others.every((lineage) => lineage.includes(ancestor)));
  }
}

/** By the id of a step that waits for others or ends them: those others. */
function endedBy(steps: readonly PlannedStep[]): ReadonlyMap<string, readonly string[]> {
  return new Map(steps.flatMap(({ id, work }) => (isControl(work) ? [[id, work.steps] as const] : [])));
}

function inOrderOfEffect(steps: readonly PlannedStep[], background: ReadonlySet<string>): readonly PlannedStep[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const waiting = new Set(background);
  return steps.flatMap((step) => {
    const due = isControl(step.work) ? step.work.steps.filter((id) => waiting.delete(id)) : [];
    const before = due.flatMap((id) => byId.get(id) ?? []);
    return waiting.has(step.id) ? [] : [...before, step];
  });
}
