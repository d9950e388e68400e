import { holdsExpression } from '../../expression/split.ts';
import type { Step, StepWork } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { actionReference, usesAllowed } from './action-reference.ts';
import { conditionAt, flagAt, type Gathering, minutesAt, namedAt, textAt } from './fields.ts';

/** Keys of the step syntax of 2026 that nothing runs yet. */
const notYet = ['background', 'parallel', 'wait', 'wait-all', 'cancel'];

/** The steps of a job: each waits for the one before. */
export function readSteps(field: Field | undefined, gathering: Gathering): Step[] {
  const fields = field?.items() ?? [];
  const ids = stepIds(fields);
  tellSameIds(fields, gathering);
  return fields.flatMap((step, index) => {
    const id = ids[index] ?? '';
    const before = ids[index - 1];
    const known = { id, named: step.get('id') !== undefined, needs: before === undefined ? [] : [before] };
    const work = readWork(step, gathering);
    return work === undefined ? [] : [readStep(step, work, known, gathering)];
  });
}

function readStep(
  field: Field,
  work: StepWork,
  known: Pick<Step, 'id' | 'named' | 'needs'>,
  gathering: Gathering,
): Step {
  const name = textAt(field.get('name'));
  const directory = textAt(field.get('working-directory'));
  const condition = conditionAt(field.get('if'));
  const timeout = minutesAt(field.get('timeout-minutes'), gathering);
  return {
    ...known,
    ...(name === undefined ? {} : { name }),
    work,
    env: namedAt(field.get('env'), gathering),
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

function readWork(field: Field, gathering: Gathering): StepWork | undefined {
  const unknown = notYet.map((key) => field.get(key)).find((found) => found !== undefined);
  if (unknown !== undefined) {
    gathering.problems.push({ message: `'${unknown.key}' in a step is not there yet`, place: unknown.keyPlace });
    return undefined;
  }
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
  return { kind: 'action', reference, uses: uses.template, inputs: namedAt(field.get('with'), gathering) };
}

/** Ids are found in any case; the parser tells those that are written alike. */
function tellSameIds(fields: readonly Field[], gathering: Gathering): void {
  const seen = new Map<string, string>();
  for (const id of fields.flatMap((field) => field.get('id') ?? [])) {
    const before = seen.get(id.text.toLowerCase());
    if (before !== undefined && before !== id.text) {
      gathering.tell(
        id,
        `the id '${id.text}' is taken: a step before has the id '${before}', and case makes no difference`,
      );
    }
    seen.set(id.text.toLowerCase(), before ?? id.text);
  }
}

function stepIds(fields: readonly Field[]): string[] {
  const taken = new Set(fields.map((field) => field.get('id')?.text));
  return fields.map((field, index) => {
    const given = field.get('id')?.text;
    const made = `step-${index + 1}`;
    return given ?? (taken.has(made) ? `${made}-` : made);
  });
}
