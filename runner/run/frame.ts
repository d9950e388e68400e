import type { Scope } from '../expression/scope.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Json, Step } from '../model/workflow.ts';
import { stepContexts, stepStatus } from './contexts.ts';
import type { JobScene } from './scene.ts';
import type { StepWords } from './step-files.ts';

/** A step of a job, or one inside an action that such a step runs. */
export type Piece = Pick<
  Step & PlannedStep,
  'id' | 'named' | 'env' | 'workingDirectory' | 'work' | 'condition' | 'continueOnError'
>;

/** What the pieces of one step have set so far for those after them. */
export interface Progress {
  readonly env: (readonly [name: string, value: string])[];
  /** In the order they were added. */
  readonly paths: string[];
  /** Commands run, so that each has files of its own. */
  commands: number;
}

/** Where a piece of work stands: in a step of the job, or inside an action. */
export interface Frame {
  /** But for `env`. */
  contexts(): { readonly [name: string]: Json };
  status(): NonNullable<Scope['status']>;
  /** What the `env` of enclosing steps came to. */
  readonly env: Readonly<Record<string, string>>;
  /** Runner's own variables of the enclosing action. */
  readonly variables: Readonly<Record<string, string>>;
  readonly progress: Progress;
  /** Ids of the pieces around it, each behind a slash: with a piece's own id it names that piece in the job. */
  readonly trail: string;
  /** Actions around it. */
  readonly depth: number;
}

/** Hands what a piece exported to the pieces behind it. */
export function passOn({ env, paths }: Pick<StepWords, 'env' | 'paths'>, { progress }: Frame): void {
  progress.env.push(...env);
  progress.paths.push(...paths);
}

/** The frame of a step of the job itself. */
export function outerFrame(scene: JobScene, step: PlannedStep): Frame {
  return {
    contexts: () => stepContexts(scene, step),
    status: () => stepStatus(scene, step),
    env: {},
    variables: {},
    progress: { env: [], paths: [], commands: 0 },
    trail: '',
    depth: 0,
  };
}
