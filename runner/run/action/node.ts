import type { PlannedStep } from '../../model/plan.ts';
import type { StepWork } from '../../model/workflow.ts';
import type { ToolWish } from '../machine-request.ts';

/** Where GitHub's runner has what it brings along in containers; the tool's programs are linked to it. */
const externals = '/__e';

/** What a job's machines get for its actions: any of them may be written in JavaScript, or use one that is. */
export function nodeTools(
  { steps }: { readonly steps: readonly Pick<PlannedStep, 'work'>[] },
  doneHere: (work: StepWork) => boolean,
): readonly ToolWish[] {
  return steps.some(({ work }) => work.kind === 'action' && work.reference.kind !== 'image' && !doneHere(work))
    ? [{ name: 'node', path: externals }]
    : [];
}

/** The program that runs an action written for a major version of Node. */
export function nodeProgram(version: 20 | 24): string {
  return `${externals}/node${version}/bin/node`;
}

/**
 * The version an action runs on: 24 for those written for 20 too where `FORCE_JAVASCRIPT_ACTIONS_TO_NODE24` says so, and
 * `ACTIONS_ALLOW_USE_UNSECURE_NODE_VERSION` does not say otherwise.
 */
export function nodeVersion(written: 20 | 24, env: Readonly<Record<string, string>>): 20 | 24 {
  const says = (name: string) => env[name]?.toLowerCase() === 'true';
  const forced = says('FORCE_JAVASCRIPT_ACTIONS_TO_NODE24') && !says('ACTIONS_ALLOW_USE_UNSECURE_NODE_VERSION');
  return forced ? 24 : written;
}
