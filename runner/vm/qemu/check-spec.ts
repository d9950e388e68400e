import { WrongInput } from '../../host/fault.ts';
import type { VmSpec } from '../../model/machine.ts';

const mebibyte = 1024 ** 2;

/** The least any Linux guest comes up with, whatever its image says. */
const leastMemory = 96 * mebibyte;

/** Throws a `WrongInput` for what a microVM cannot be. */
export function checkSpec(spec: VmSpec): void {
  const least = Math.max(spec.image.config.minMemory ?? 0, leastMemory);
  const problems: string[] = [];
  if (spec.limits.memory < least) {
    const given = `${Math.floor(spec.limits.memory / mebibyte)}Mi`;
    problems.push(
      `${given} of memory are too few for a microVM of the image "${spec.image.name}": it takes at least ${Math.ceil(least / mebibyte)}Mi`,
    );
  }
  if (spec.network.kind === 'allow') {
    problems.push(
      'a network with a list of allowed hosts is not yet there for microVMs: allowed are "none" and "full"',
    );
  }
  if (spec.ports.length > 0) {
    problems.push('ports of a microVM cannot be mapped yet');
  }
  if (problems.length > 0) {
    throw new WrongInput(problems.map((message) => ({ message })));
  }
}
