import type { Checkout, Job, MachinePolicy, MachineWishes, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { idAllowed, idPattern, machineNames } from '../names.ts';
import { readArtifacts, readCaches } from './files.ts';
import type { Gathering } from './gather.ts';
import { readSecrets } from './secrets.ts';
import { optional, readFlag, readSteps } from './step.ts';
import { readStrategy } from './strategy.ts';
import { overDefaults, readWishes } from './wishes.ts';

/** What a file's `defaults` say to every job. */
export interface Defaults {
  readonly wishes: MachineWishes;
  readonly shell?: Template;
  readonly workingDirectory?: Template;
}

export function readJob(field: Field, defaults: Defaults, outer: Gathering): Job {
  const id = field.key;
  const gathering = outer.within({ job: id });
  if (!idPattern.test(id)) {
    gathering.problems.push({ message: `'${id}' is no id for a job; allowed: ${idAllowed}`, place: field.keyPlace });
  }
  const name = optional(field.get('name'), (entry) => gathering.text(entry, 'job name'));
  const condition = optional(field.get('if'), (entry) => gathering.text(entry, 'job if'));
  const secrets = optional(field.get('secrets'), (entry) => readSecrets(entry, gathering));
  const strategy = optional(field.get('strategy'), (entry) => readStrategy(entry, gathering));
  const { shell, workingDirectory } = defaults;
  return {
    id,
    ...(name === undefined ? {} : { name }),
    needs: (field.get('needs')?.oneOrMany() ?? []).map((need) => ({ id: need.text, place: need.place })),
    ...(condition === undefined ? {} : { condition }),
    machine: gathering.maybe(field.get('machine'), 'machine', policy, machineNames.join(', ')) ?? 'fresh',
    ...overDefaults(readWishes(field, gathering), defaults.wishes),
    env: gathering.named(field.get('env'), 'job env'),
    ...(secrets === undefined ? {} : { secrets }),
    checkout: readCheckout(field.get('checkout'), gathering),
    ...(strategy === undefined ? {} : { strategy }),
    outputs: gathering.named(field.get('outputs'), 'job outputs'),
    artifacts: readArtifacts(field.get('artifacts'), 'job outputs', gathering),
    cache: readCaches(field.get('cache'), gathering),
    continueOnError: readFlag(field.get('continue-on-error'), 'job continue-on-error', gathering) ?? false,
    ...(shell === undefined ? {} : { shell }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    steps: readSteps(field.get('steps'), id, gathering),
    place: field.keyPlace,
  };
}

export function readDefaults(field: Field | undefined, gathering: Gathering): Defaults {
  if (field === undefined) {
    return { wishes: {} };
  }
  const shell = optional(field.get('shell'), (entry) => gathering.text(entry, 'job defaults'));
  const directory = optional(field.get('working-directory'), (entry) => gathering.text(entry, 'job defaults'));
  return {
    wishes: readWishes(field, gathering),
    ...(shell === undefined ? {} : { shell }),
    ...(directory === undefined ? {} : { workingDirectory: directory }),
  };
}

function policy({ text }: Field): MachinePolicy | undefined {
  return machineNames.find((name) => name === text);
}

function readCheckout(field: Field | undefined, gathering: Gathering): Checkout {
  if (field === undefined) {
    return 'default';
  }
  const repository = field.get('repository');
  if (repository === undefined) {
    return field.value !== false;
  }
  const ref = optional(field.get('ref'), (entry) => gathering.text(entry, 'checkout'));
  const depth = field.get('depth')?.value;
  return {
    repository: gathering.text(repository, 'checkout'),
    ...(ref === undefined ? {} : { ref }),
    ...(typeof depth === 'number' ? { depth } : {}),
  };
}
