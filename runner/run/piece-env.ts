import type { Scope } from '../expression/scope.ts';
import type { PlannedStep } from '../model/plan.ts';
import { envContext, envOver } from './contexts.ts';
import type { Frame, Piece } from './frame.ts';
import type { JobScene } from './scene.ts';

/**
 * The `env` context of a piece of a step: the job's, what earlier steps and earlier pieces of this one exported, what
 * the enclosing steps say, its own. Throws an `ExpressionError`.
 */
export function pieceEnv(
  scene: JobScene,
  step: PlannedStep,
  frame: Frame,
  piece: Pick<Piece, 'env'>,
  scope: Scope,
): Record<string, string> {
  const job = envContext(scene, scene.graph.needed(step.id), new Map(), scope);
  const below = { ...job, ...Object.fromEntries(frame.progress.env), ...frame.env };
  return envOver(below, piece.env, scope);
}
