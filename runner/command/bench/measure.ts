import { performance } from 'node:perf_hooks';
import { causeText } from '../../host/fault.ts';

/** Something to time. `run` is one whole turn; what it leaves is its own to clean up. */
export interface Contender {
  readonly name: string;
  run(): Promise<void>;
}

/** Milliseconds of every counted turn, in order. */
export interface Timed {
  readonly name: string;
  readonly turns: readonly number[];
}

/**
 * Times contenders in turn (A B C A B C …), so that a machine whose speed drifts drifts for all of them alike. One turn
 * each goes first uncounted. `rounds` is the number of counted turns of each. Rejects with the first turn that fails.
 */
export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Timed[]> {
  const turns = contenders.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const started = performance.now();
      await contender.run();
      const took = performance.now() - started;
      if (round >= 0) {
        turns[index]?.push(took);
      }
    }
  }
  return contenders.map(({ name }, index) => ({ name, turns: turns[index] ?? [] }));
}

/** Why a contender cannot run here, by one turn of it; `undefined` where it can. */
export async function whyNot(contender: Contender): Promise<string | undefined> {
  try {
    await contender.run();
    return undefined;
  } catch (error) {
    return causeText(error);
  }
}

/** The middle value; of an even count the mean of the two middle ones. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The median of the ratios turn by turn, which holds still when the machine's speed does not. */
export function medianRatio(one: Timed, other: Timed): number {
  return median(one.turns.map((value, turn) => value / (other.turns[turn] ?? Number.NaN)));
}
