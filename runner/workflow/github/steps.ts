import type { ControlWork, Step, Template } from '../../model/workflow.ts';
import { controlStep } from '../control-step.ts';
import type { Field } from '../field.ts';
import { flagAt, type Gathering, textAt } from './fields.ts';
import { type Control, readControl, readStep, readWork } from './step.ts';
import { StepIds } from './step-ids.ts';

/**
 * The steps of a job. Each waits for the one before, past those in the background: they wait for it too, but nothing
 * waits for them until a step says so. A `parallel` block becomes its steps in the background and one that waits for
 * them. At the end a step waits for all that no other waited for.
 */
export function readSteps(field: Field | undefined, gathering: Gathering): Step[] {
  const fields = field?.items() ?? [];
  const row = new StepRow(fields, gathering);
  for (const each of fields) {
    const block = each.get('parallel');
    if (block === undefined) {
      row.add(each, each.get('background')?.value === true);
    } else {
      row.addBlock(block);
    }
  }
  if (field !== undefined) {
    row.end(field);
  }
  return row.steps;
}

/** Keys of steps that those of an action may not have. */
const jobOnly = ['background', 'parallel', 'wait', 'wait-all', 'cancel'];

/** The steps of a composite action: one after the other. */
export function readActionSteps(field: Field | undefined, gathering: Gathering): Step[] {
  const fields = field?.items() ?? [];
  for (const key of fields.flatMap((each) => jobOnly.flatMap((name) => each.get(name) ?? []))) {
    gathering.problems.push({ message: `'${key.key}' is for steps of a job, not of an action`, place: key.keyPlace });
  }
  const row = new StepRow(fields, gathering);
  for (const each of fields) {
    row.add(each, false);
  }
  return row.steps;
}

const all = 'Wait for all background steps';

class StepRow {
  readonly steps: Step[] = [];
  readonly #gathering: Gathering;
  readonly #ids: StepIds;
  /** The last step that others wait for. */
  #before: string | undefined;
  /** Steps in the background, and those of them that no step waited for or ended yet. */
  readonly #background = new Set<string>();
  readonly #open = new Set<string>();

  constructor(fields: readonly Field[], gathering: Gathering) {
    this.#gathering = gathering;
    this.#ids = new StepIds(fields, gathering);
  }

  add(field: Field, background: boolean): void {
    const control = readControl(field);
    if (control !== undefined) {
      this.#addControl(field, control);
      return;
    }
    const known = { ...this.#ids.of(field), needs: this.#needs() };
    const work = readWork(field, this.#gathering);
    if (work === undefined) {
      return;
    }
    const step = readStep(field, work, known, this.#gathering);
    this.steps.push(background ? { ...step, background } : step);
    if (background) {
      this.#background.add(step.id);
      this.#open.add(step.id);
    } else {
      this.#before = step.id;
    }
  }

  addBlock(block: Field): void {
    const before = new Set(this.#open);
    for (const each of block.items()) {
      this.add(each, true);
    }
    this.#wait(
      block,
      [...this.#open].filter((id) => !before.has(id)),
      'Wait for the steps of the block',
    );
  }

  end(field: Field): void {
    this.#wait(field, [...this.#open], all);
  }

  #addControl(field: Field, { kind, steps, field: { keyPlace: place } }: Control): void {
    const title = steps === 'all' ? all : `${kind === 'wait' ? 'Wait for' : 'Cancel'} ${steps.join(', ')}`;
    // GitHub's parser lets pass a step that is not in the background: there is nothing to wait for.
    const known = steps === 'all' ? [...this.#open] : steps.filter((id) => this.#background.has(id));
    this.#control({ kind, steps: known, place }, textAt(field.get('name')) ?? { text: title, place }, {
      ...this.#ids.of(field),
      continueOnError: flagAt(field.get('continue-on-error'), this.#gathering),
    });
  }

  /** A step that the file does not write. */
  #wait({ keyPlace: place }: Field, steps: readonly string[], name: string): void {
    if (steps.length > 0) {
      const own = { ...this.#ids.of(undefined), continueOnError: false };
      this.#control({ kind: 'wait', steps, place }, { text: name, place }, own);
    }
  }

  #control(work: ControlWork, name: Template, own: Pick<Step, 'id' | 'named' | 'continueOnError'>): void {
    this.steps.push(controlStep(work, name, { ...own, needs: this.#needs() }));
    this.#before = own.id;
    for (const id of work.steps) {
      this.#open.delete(id);
    }
  }

  #needs(): readonly string[] {
    return this.#before === undefined ? [] : [this.#before];
  }
}
