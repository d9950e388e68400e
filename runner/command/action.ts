import { join } from 'node:path';
import * as core from '@actions/core';
import { eachLine } from '../host/line-program.ts';
import { packageRoot } from '../host/paths.ts';
import type { RunEvent } from '../model/event.ts';
import { actionReport } from './render/action-report.ts';

/** The inputs of `action.yml`; an empty text means it was not given. */
export interface ActionInputs {
  readonly pipeline: string;
  readonly isolation: string;
  /** Names of variables of the job to hand on as secrets. */
  readonly secrets: readonly string[];
}

/**
 * Runs `lightv run --json` with the inputs of a GitHub job and turns its events into groups, annotations, outputs and
 * the job summary. Resolves to the exit code of the run; a run that a signal ended is a fault, 3.
 */
export async function runAction(inputs: ActionInputs): Promise<number> {
  // What comes from the run is masked already; of the rest of the job GitHub's runner takes care.
  for (const value of inputs.secrets.flatMap((name) => process.env[name] || [])) {
    core.setSecret(value);
  }
  const report = actionReport(core);
  const program = join(packageRoot(), 'runner/dist/main.js');
  const end = await eachLine([process.execPath, program, ...runArguments(inputs)], (line) =>
    report.take(JSON.parse(line) as RunEvent),
  );
  await report.finish();
  if (end.signal !== undefined) {
    core.setFailed(`lightv run was ended by ${end.signal}`);
    return 3;
  }
  if (end.code !== 0) {
    core.setFailed(`lightv run ended with exit code ${end.code}`);
  }
  return end.code;
}

function runArguments(inputs: ActionInputs): string[] {
  return [
    'run',
    '--json',
    ...(inputs.isolation === '' ? [] : ['--isolation', inputs.isolation]),
    ...inputs.secrets.flatMap((name) => ['--secret', name]),
    ...(inputs.pipeline === '' ? [] : [inputs.pipeline]),
  ];
}
