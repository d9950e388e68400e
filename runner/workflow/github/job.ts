import { splitTemplate } from '../../expression/split.ts';
import type { Job, Permissions, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { readCall } from './call.ts';
import { conditionAt, flagAt, type Gathering, minutesAt, namedAt, textAt } from './fields.ts';
import { readPermissions } from './permissions.ts';
import { readSteps } from './steps.ts';
import { readStrategy } from './strategy.ts';

/** Milliseconds of a job that names none (https://docs.github.com/actions/reference/workflow-syntax-for-github-actions). */
const longestJob = 360 * 60_000;

/** Keys of a job that nothing runs yet. */
const notYet = ['snapshot'];

/** `defaults.run` of a workflow or a job. */
export interface RunDefaults {
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

/** What a job takes from its workflow where it says nothing of its own. */
export interface Inherited {
  readonly defaults: RunDefaults;
  readonly permissions?: Permissions;
}

export function readJob(field: Field, outer: Inherited, gathering: Gathering): Job {
  for (const key of notYet) {
    const found = field.get(key);
    if (found !== undefined) {
      gathering.problems.push({ message: `'${key}' of a job is not there yet`, place: found.keyPlace });
    }
  }
  const name = textAt(field.get('name'));
  const condition = conditionAt(field.get('if'));
  const strategy = readStrategy(field.get('strategy'), gathering);
  const cancelTimeout = minutesAt(field.get('cancel-timeout-minutes'));
  const permissions = readPermissions(field.get('permissions')) ?? outer.permissions;
  const call = readCall(field, gathering);
  return {
    id: field.key,
    ...(call === undefined ? {} : { call }),
    ...treesAt(field),
    ...(permissions === undefined ? {} : { permissions }),
    ...(name === undefined ? {} : { name }),
    needs: (field.get('needs')?.oneOrMany() ?? []).map((need) => ({ id: need.text, place: need.place })),
    ...(condition === undefined ? {} : { condition }),
    machine: 'auto',
    network: { kind: 'full' },
    timeout: minutesAt(field.get('timeout-minutes')) ?? longestJob,
    env: namedAt(field.get('env')),
    checkout: false,
    ...(strategy === undefined ? {} : { strategy }),
    outputs: namedAt(field.get('outputs')),
    artifacts: [],
    cache: [],
    continueOnError: flagAt(field.get('continue-on-error'), gathering),
    ...(cancelTimeout === undefined ? {} : { cancelTimeout }),
    ...outer.defaults,
    ...readDefaults(field.get('defaults')),
    steps: readSteps(field.get('steps'), gathering),
    place: field.keyPlace,
  };
}

function treesAt(field: Field): Pick<Job, 'runsOn' | 'concurrency' | 'environment' | 'container' | 'services'> {
  const keys = ['runs-on', 'concurrency', 'environment', 'container', 'services'];
  const [runsOn, concurrency, environment, container, services] = keys.map((key) => field.get(key)?.tree);
  return {
    ...(runsOn === undefined ? {} : { runsOn }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(environment === undefined ? {} : { environment }),
    ...(container === undefined ? {} : { container }),
    ...(services === undefined ? {} : { services }),
  };
}

/** The whole of `defaults.run`: a job's takes the place of its workflow's where it names a key. */
export function readDefaults(field: Field | undefined): RunDefaults {
  const run = field?.get('run');
  const shell = defaultAt(run, 'shell');
  const directory = defaultAt(run, 'working-directory');
  return {
    ...(shell === undefined ? {} : { shell }),
    ...(directory === undefined ? {} : { workingDirectory: directory }),
  };
}

/** One expression for the whole map gives each of its keys. */
function defaultAt(run: Field | undefined, key: string): Template | undefined {
  if (run === undefined || run.isMap) {
    return textAt(run?.get(key));
  }
  const { text, place } = run.template;
  const [expression] = splitTemplate(text.trim());
  return expression?.kind === 'expression'
    ? { text: `\${{ fromJSON(toJSON(${expression.source}))['${key}'] }}`, place }
    : undefined;
}
