import { didYouMean } from '../../expression/nearest.ts';
import type { Maybe, Step, Template } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { idAllowed, idPattern } from '../names.ts';
import { enumerated } from '../shown.ts';
import { readArtifacts } from './files.ts';
import type { Gathering } from './gather.ts';
import { readSecrets } from './secrets.ts';
import { readDuration, readWishes } from './wishes.ts';

/** The steps of a job, with their needs complete. */
export function readSteps(field: Field | undefined, job: string, gathering: Gathering): Step[] {
  const fields = field?.items() ?? [];
  const ids = stepIds(fields, gathering);
  return fields.map((step, index) => {
    const id = ids[index] ?? '';
    const named = step.get('id') !== undefined;
    return readStep(
      step,
      { id, named, needs: readNeeds(step, index, fields, ids, gathering) },
      gathering.within({ job, step: id }),
    );
  });
}

function readStep(field: Field, known: Pick<Step, 'id' | 'named' | 'needs'>, gathering: Gathering): Step {
  const name = optional(field.get('name'), (entry) => gathering.text(entry, 'step text'));
  const directory = optional(field.get('working-directory'), (entry) => gathering.text(entry, 'step secret text'));
  const condition = optional(field.get('if'), (entry) => gathering.text(entry, 'step if'));
  const outputs = optional(field.get('outputs'), (list) => list.items().map((item) => item.text));
  return {
    ...known,
    ...(name === undefined ? {} : { name }),
    work: readWork(field, gathering),
    env: gathering.named(field.get('env'), 'step secret text'),
    secrets: readSecrets(field.get('secrets'), gathering),
    ...(directory === undefined ? {} : { workingDirectory: directory }),
    ...(condition === undefined ? {} : { condition }),
    ...readWishes(field, gathering),
    retry: readRetry(field.get('retry'), gathering),
    continueOnError: readFlag(field.get('continue-on-error'), 'step text', gathering) ?? false,
    artifacts: readArtifacts(field.get('artifacts'), 'step text', gathering),
    ...(outputs === undefined ? {} : { outputs }),
    place: field.place,
  };
}

export function readFlag(
  field: Field | undefined,
  kind: 'step text' | 'job continue-on-error' | 'strategy',
  gathering: Gathering,
): Maybe<boolean> | undefined {
  const read = ({ value }: Field) => (typeof value === 'boolean' ? value : undefined);
  return gathering.maybe(field, kind, read, 'true, false');
}

function readWork(field: Field, gathering: Gathering): Step['work'] {
  const run = field.get('run');
  if (run !== undefined && run.text.trim() === '') {
    gathering.tell(run, "'run' is empty; a step runs a script");
  }
  const script: Template =
    run === undefined ? { text: '', place: field.place } : gathering.text(run, 'step secret text');
  const shell = optional(field.get('shell'), (entry) => gathering.text(entry, 'step text'));
  return { kind: 'script', script, ...(shell === undefined ? {} : { shell }) };
}

function readRetry(field: Field | undefined, gathering: Gathering): Step['retry'] {
  const read = ({ value }: Field) => (typeof value === 'number' ? value : undefined);
  const attempts = gathering.maybe(field?.get('attempts'), 'machine', read, 'a whole number from 1 to 1000');
  const delay = readDuration(field?.get('delay'), gathering, 0);
  return { attempts: attempts ?? 1, delay: delay ?? 0 };
}

/** Ids as written, or `step-1` by position where none is, made longer where a step of that id is written. */
function stepIds(fields: readonly Field[], gathering: Gathering): string[] {
  const written = fields.map((field) => field.get('id'));
  const taken = new Map<string, Field>();
  for (const id of written.filter((field) => field !== undefined)) {
    const first = taken.get(id.text.toLowerCase());
    if (!idPattern.test(id.text)) {
      gathering.tell(id, `'${id.text}' is no id for a step; allowed: ${idAllowed}`);
    } else if (first !== undefined) {
      gathering.tell(id, `the step id '${id.text}' is taken by the step at line ${first.place.line}`);
    }
    taken.set(id.text.toLowerCase(), first ?? id);
  }
  return written.map((field, index) => {
    let id = field?.text ?? `step-${index + 1}`;
    while (field === undefined && taken.has(id)) {
      id = `${id}-`;
    }
    return id;
  });
}

/** The ids a step waits for: those named, or the step before it. */
function readNeeds(
  step: Field,
  index: number,
  fields: readonly Field[],
  ids: readonly string[],
  gathering: Gathering,
): string[] {
  const needs = step.get('needs');
  if (needs === undefined) {
    return ids.slice(Math.max(0, index - 1), index);
  }
  const writtenAt = (position: number) => fields[position]?.get('id') !== undefined;
  const earlier = ids.filter((_, position) => position < index && writtenAt(position));
  const known = needs.oneOrMany().filter((need) => {
    if (earlier.includes(need.text)) {
      return true;
    }
    const at = ids.findIndex((id, position) => id === need.text && writtenAt(position));
    const list = earlier.length === 0 ? 'no step before it has an id' : `steps before it: ${enumerated(earlier)}`;
    const why = at === -1 ? 'there is no such step' : at === index ? 'that is this step' : 'that step comes later';
    const hint = at === -1 ? didYouMean(need.text, earlier) : '';
    gathering.tell(need, `'needs' names '${need.text}', but ${why}; ${list}${hint}`);
    return false;
  });
  return [...new Set(known.map((need) => need.text))];
}

/** The result of reading a field that may not be there. */
export function optional<T>(field: Field | undefined, read: (field: Field) => T): T | undefined {
  return field === undefined ? undefined : read(field);
}
