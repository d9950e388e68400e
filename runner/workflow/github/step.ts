import { holdsExpression } from '../../expression/split.ts';
import type { ControlWork, Step, StepWork } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { actionReference, usesAllowed } from './action-reference.ts';
import { conditionAt, flagAt, type Gathering, minutesAt, namedAt, textAt } from './fields.ts';

/** A step with all its keys but those that say what it does. */
export function readStep(
  field: Field,
  work: StepWork,
  known: Pick<Step, 'id' | 'named' | 'needs'>,
  gathering: Gathering,
): Step {
  const name = textAt(field.get('name'));
  const directory = textAt(field.get('working-directory'));
  const condition = conditionAt(field.get('if'));
  const timeout = minutesAt(field.get('timeout-minutes'));
  return {
    ...known,
    ...(name === undefined ? {} : { name }),
    work,
    env: namedAt(field.get('env')),
    secrets: [],
    allSecrets: true,
    ...(directory === undefined ? {} : { workingDirectory: directory }),
    ...(condition === undefined ? {} : { condition }),
    ...(timeout === undefined ? {} : { timeout }),
    retry: { attempts: 1, delay: 0 },
    continueOnError: flagAt(field.get('continue-on-error'), gathering),
    artifacts: [],
    place: field.place,
  };
}

/** A script or an action; `undefined` where neither is to be read, which was told. */
export function readWork(field: Field, gathering: Gathering): StepWork | undefined {
  const run = field.get('run');
  if (run !== undefined) {
    const shell = textAt(field.get('shell'));
    return { kind: 'script', script: run.template, ...(shell === undefined ? {} : { shell }) };
  }
  const uses = field.get('uses');
  const reference = uses === undefined || holdsExpression(uses.text) ? undefined : actionReference(uses.text);
  if (uses === undefined || reference === undefined) {
    // A step without either was told by the parser.
    if (uses !== undefined) {
      gathering.tell(uses, `'uses': found '${uses.text}'; allowed: ${usesAllowed}`);
    }
    return undefined;
  }
  return { kind: 'action', reference, uses: uses.template, inputs: namedAt(field.get('with')) };
}

/** What a step does about others. */
export type Control = {
  readonly kind: ControlWork['kind'];
  readonly steps: readonly string[] | 'all';
  readonly field: Field;
};

/** What a step does about others, by the ids it names, if it is one that does. */
export function readControl(field: Field): Control | undefined {
  const [wait, all, cancel] = [field.get('wait'), field.get('wait-all'), field.get('cancel')];
  if (wait !== undefined) {
    return { kind: 'wait', steps: wait.oneOrMany().map(({ text }) => text), field: wait };
  }
  if (all !== undefined) {
    return { kind: 'wait', steps: 'all', field: all };
  }
  return cancel === undefined ? undefined : { kind: 'cancel', steps: [cancel.text], field: cancel };
}
