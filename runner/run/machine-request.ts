import type { RegistryCredentials } from '../model/image.ts';
import type { DiskSpec, MachineChoice } from '../model/machine.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Inside } from './inside.ts';
import type { StepQueue } from './queue.ts';

/** A tool that LightV brings along, and where its files are to be. */
export interface ToolWish {
  readonly name: string;
  readonly path: string;
}

/** An image, and what opens its registry. */
export interface ImageWish {
  readonly reference: string;
  readonly credentials?: RegistryCredentials;
}

/** Whose machine it is: the job's steps take it over from each other, those of an action or a service are their own. */
export type MachineRole = 'steps' | 'action' | 'service';

/** What a machine is to the commands that run in it. */
export interface MachineUse {
  readonly role: MachineRole;
  /** Whom they run as and files are put there for; `of-image` is whom the image names. Absent: root. */
  readonly user?: string | 'of-image';
  /** Variables over those of the image. */
  readonly env: Readonly<Record<string, string>>;
  readonly inside: Inside;
}

/** What a step wants of a machine, besides what the plan says. */
export interface MachineRequest {
  readonly step: PlannedStep;
  readonly image: ImageWish;
  readonly use: MachineUse;
  readonly hostname: string;
  /** Lower waits less. */
  readonly order: number;
  /** The disk for the level that was chosen; throws when that level cannot fork it. */
  readonly disk: (choice: MachineChoice) => DiskSpec;
  readonly tools: readonly ToolWish[];
  /** Gives the machine its place in the budget, where the run's queue is not to. */
  readonly queue?: Pick<StepQueue, 'acquire'>;
  /** Called when the machine has its place in the budget, before it boots. */
  readonly onPlace: (choice: MachineChoice) => Promise<void>;
}

/** As much of a request as says how heavy its machine is. */
export type WeighedRequest = Pick<MachineRequest, 'step' | 'image' | 'tools'>;
