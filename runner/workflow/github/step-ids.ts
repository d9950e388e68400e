import type { Step } from '../../model/workflow.ts';
import type { Field } from '../field.ts';
import type { Gathering } from './fields.ts';

/** Gives the steps of a job their ids: those of the file, and made ones that contexts do not show. */
export class StepIds {
  readonly #taken = new Set<string>();
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
  of(field: Field | undefined): Pick<Step, 'id' | 'named'> {
    this.#count += 1;
    const given = field?.get('id')?.text;
    const made = `step-${this.#count}`;
    return given === undefined
      ? { id: this.#taken.has(made) ? `${made}-` : made, named: false }
      : { id: given, named: true };
  }
}

function inBlock(block: Field): { readonly field: Field; readonly block: Field }[] {
  return (block.get('parallel')?.items() ?? []).map((field) => ({ field, block }));
}
