import type { Step } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import { actionReference } from './action-reference.ts';
import type { Gathering } from './fields.ts';

/** Characters of an id. */
const longestId = 100;

const controls = ['wait', 'wait-all', 'cancel', 'parallel'];

/** Gives the steps of a job their ids: those of the file, and made ones that contexts do not show. */
export class StepIds {
  readonly #taken = new Set<string>();
  readonly #forge = new Set<string>();
  #count = 0;

  /** `fields`: the steps as they stand in the file, those of `parallel` blocks inside. Tells ids that are taken. */
  constructor(fields: readonly Field[], gathering: Gathering) {
    const row = fields.flatMap((field) => [{ field, block: undefined }, ...inBlock(field)]);
    const seen = new Map<string, { readonly text: string; readonly block: Field | undefined }>();
    for (const { field, block } of row) {
      const id = field.get('id');
      const before = seen.get(id?.text.toLowerCase() ?? '');
      if (id !== undefined && before === undefined) {
        seen.set(id.text.toLowerCase(), { text: id.text, block });
        this.#taken.add(id.text);
      }
      // Those written alike are told by GitHub's parser, except that it looks at each block by itself.
      if (id !== undefined && before !== undefined && (before.text !== id.text || before.block !== block)) {
        const alike = before.text === id.text ? '' : `, and case makes no difference`;
        gathering.tell(id, `the id '${id.text}' is taken: a step before has the id '${before.text}'${alike}`);
      }
    }
  }

  /** The id of the next step; `undefined` for one that the file does not write. */
  of(field: Field | undefined): Pick<Step, 'id' | 'named' | 'forgeId'> {
    this.#count += 1;
    const given = field?.get('id')?.text;
    if (given !== undefined) {
      return { id: given, named: true };
    }
    const made = `step-${this.#count}`;
    const id = this.#taken.has(made) ? `${made}-` : made;
    return field === undefined ? { id, named: false } : { id, named: false, forgeId: this.#forgeId(workWord(field)) };
  }

  /** GitHub's own id of a step without one: made of what it does, with a number from the second of a kind on. */
  #forgeId(word: string): string {
    const base = `__${word.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
    for (let count = 1; ; count += 1) {
      const suffix = count === 1 ? '' : `_${count}`;
      const id = base.slice(0, longestId - suffix.length) + suffix;
      if (!this.#forge.has(id)) {
        this.#forge.add(id);
        return id;
      }
    }
  }
}

/** The action's repository or image, or the key that says what a step does. */
function workWord(field: Field): string {
  const uses = field.get('uses')?.text;
  const reference = uses === undefined ? undefined : actionReference(uses);
  switch (reference?.kind) {
    case 'local':
    case 'self':
      return 'self';
    case 'image':
      return reference.image;
    case 'repository':
      return reference.repository;
    default:
      return controls.find((key) => field.get(key) !== undefined) ?? 'run';
  }
}

function inBlock(block: Field): { readonly field: Field; readonly block: Field }[] {
  return (block.get('parallel')?.items() ?? []).map((field) => ({ field, block }));
}
