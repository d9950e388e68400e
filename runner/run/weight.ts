import { WrongInput } from '../host/fault.ts';
import type { ImageConfig } from '../model/image.ts';
import type { MachineChoice } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Problem } from '../model/problem.ts';
import { bytesText } from '../workflow/quantity.ts';
import type { Weight } from './queue.ts';
import { workPlace } from './work.ts';

/** Bytes a machine gets when neither the file nor its image says. */
const defaultMemory = 512 * 1024 ** 2;

type Image = { readonly name: string; readonly config: ImageConfig };
type Level = Pick<MachineChoice, 'isolation'>;

/**
 * What a step's machine takes of the budget; `tools`: what is attached to it, which wish for memory as images do. Throws
 * a `WrongInput` with its `memoryProblem`.
 */
export function weightOf(step: PlannedStep, image: Image, tools: readonly Image[], level: Level): Weight {
  const problem = memoryProblem(step, image, level);
  if (problem !== undefined) {
    throw new WrongInput([problem]);
  }
  const { cpu, memory } = step.resources;
  const wishes = [image.config.memory ?? defaultMemory, ...tools.map(({ config }) => config.memory ?? 0)];
  return { cpu, memory: memory ?? Math.max(...wishes, leastMemory(image, level)) };
}

/** Memory that a step names and its image cannot boot with at a level. */
export function memoryProblem({ resources, work }: PlannedStep, image: Image, level: Level): Problem | undefined {
  const least = leastMemory(image, level);
  if (resources.memory === undefined || resources.memory >= least) {
    return undefined;
  }
  const message = `${bytesText(resources.memory)} of memory is too little: ${image.name} at microvm needs ${bytesText(least)}`;
  return { message, place: workPlace(work) };
}

function leastMemory({ config }: Image, { isolation }: Level): number {
  return isolation === 'microvm' ? (config.minMemory ?? 0) : 0;
}
