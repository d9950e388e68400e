import { holdsExpression } from '../../expression/split.ts';
import type { Job, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { conditionAt, flagAt, type Gathering, minutesAt, namedAt, textAt } from './fields.ts';
import { readSteps } from './steps.ts';
import { readStrategy } from './strategy.ts';

/** Milliseconds of a job that names none (https://docs.github.com/actions/reference/workflow-syntax-for-github-actions). */
const longestJob = 360 * 60_000;

/** Keys of a job that nothing runs yet. */
const notYet = ['uses', 'container', 'services', 'snapshot'];

/** `defaults.run` of a workflow or a job. */
export interface RunDefaults {
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export function readJob(field: Field, outer: RunDefaults, gathering: Gathering): Job {
  for (const key of notYet) {
    const found = field.get(key);
    if (found !== undefined) {
      gathering.problems.push({ message: `'${key}' of a job is not there yet`, place: found.keyPlace });
    }
  }
  const name = textAt(field.get('name'));
  const condition = conditionAt(field.get('if'));
  const strategy = readStrategy(field.get('strategy'), gathering);
  const runsOn = readRunsOn(field.get('runs-on'));
  return {
    id: field.key,
    ...(runsOn === undefined ? {} : { runsOn }),
    ...(name === undefined ? {} : { name }),
    needs: (field.get('needs')?.oneOrMany() ?? []).map((need) => ({ id: need.text, place: need.place })),
    ...(condition === undefined ? {} : { condition }),
    machine: 'auto',
    network: { kind: 'full' },
    timeout: minutesAt(field.get('timeout-minutes')) ?? longestJob,
    env: namedAt(field.get('env'), gathering),
    checkout: false,
    ...(strategy === undefined ? {} : { strategy }),
    outputs: namedAt(field.get('outputs'), gathering),
    artifacts: [],
    cache: [],
    continueOnError: flagAt(field.get('continue-on-error'), gathering),
    ...outer,
    ...readDefaults(field.get('defaults')),
    steps: readSteps(field.get('steps'), gathering),
    place: field.keyPlace,
  };
}

/** The whole of `defaults.run`: a job's takes the place of its workflow's where it names a key. */
export function readDefaults(field: Field | undefined): RunDefaults {
  const run = field?.get('run');
  const shell = textAt(run?.get('shell'));
  const directory = textAt(run?.get('working-directory'));
  return {
    ...(shell === undefined ? {} : { shell }),
    ...(directory === undefined ? {} : { workingDirectory: directory }),
  };
}

/** A label, a list of them, `{group, labels}`, or an expression that gives a label or a list. */
function readRunsOn(field: Field | undefined): readonly Template[] | Template | undefined {
  const labels = field?.isMap ? field.get('labels') : field;
  if (labels === undefined || labels.isList) {
    return labels?.items().map((item) => item.template);
  }
  return holdsExpression(labels.text) ? labels.template : [labels.template];
}
