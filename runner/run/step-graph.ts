import type { PlannedStep } from '../model/plan.ts';

/** How the steps of one job hang together. Pure; answers do not depend on what has run. */
export class StepGraph {
  readonly #steps: ReadonlyMap<string, PlannedStep>;
  readonly #needed = new Map<string, ReadonlySet<string>>();
  /** A step and what its disk was forked from, back to the job's start. */
  readonly #lineages = new Map<string, readonly string[]>();

  /** In the order of the file: a step needs only earlier ones. */
  constructor(steps: readonly PlannedStep[]) {
    this.#steps = new Map(steps.map((step) => [step.id, step]));
    for (const step of steps) {
      this.#needed.set(step.id, new Set(step.needs.flatMap((need) => [need, ...this.needed(need)])));
      const base = this.#sharedBy(step.needs);
      this.#lineages.set(step.id, [step.id, ...(base === undefined ? [] : (this.#lineages.get(base) ?? []))]);
    }
  }

  /** Every step that must have ended before this one starts. */
  needed(id: string): ReadonlySet<string> {
    return this.#needed.get(id) ?? new Set();
  }

  /** The steps that name this one in their `needs`. */
  dependents(id: string): readonly PlannedStep[] {
    return [...this.#steps.values()].filter((step) => step.needs.includes(id));
  }

  /** The one step that needs this one, when it needs nothing else: what can go on where this one stopped. */
  heir(id: string): string | undefined {
    const [next, ...others] = this.dependents(id);
    return next !== undefined && others.length === 0 && next.needs.length === 1 ? next.id : undefined;
  }

  /** The step whose disk this one forks: its one need, or the nearest ancestor all needs share; else the job's start. */
  base(id: string): string | undefined {
    return this.#lineages.get(id)?.[1];
  }

  #sharedBy(needs: readonly string[]): string | undefined {
    const [first, ...others] = needs.map((need) => this.#lineages.get(need) ?? []);
    return first?.find((ancestor) => others.every((lineage) => lineage.includes(ancestor)));
  }
}
