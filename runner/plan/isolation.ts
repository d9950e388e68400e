import type { Place, Problem } from '../model/problem.ts';
import type { Isolation, IsolationLevel } from '../model/workflow.ts';

/** Strongest first. */
const levels: readonly IsolationLevel[] = ['microvm', 'gvisor', 'sandbox', 'wasm'];

/**
 * The level a step gets from what its file names and what was asked for from outside, which is the default for whatever
 * names none (`auto` names none), may raise a named level and never lowers one.
 */
export function chooseIsolation(
  named: Isolation | undefined,
  asked: Isolation | undefined,
  place: Place | undefined,
): { isolation: Isolation; problem?: Problem } {
  if (asked === undefined || asked === 'auto') {
    return { isolation: named ?? 'auto' };
  }
  if (named === undefined || named === 'auto') {
    return { isolation: asked };
  }
  if (levels.indexOf(asked) <= levels.indexOf(named)) {
    return { isolation: asked };
  }
  const message = `the file asks for '${named}', which --isolation ${asked} would lower; it may only be raised`;
  return { isolation: named, problem: { message, ...(place === undefined ? {} : { place }) } };
}
