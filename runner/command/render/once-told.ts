import type { RunEvent } from '../../model/event.ts';

/** Knows which notices a run has told already: a person needs to read only once why a level was taken. */
export class OnceTold {
  readonly #texts = new Set<string>();

  /** Whether the event is a notice that said the same before, for whatever job. */
  before(event: RunEvent): boolean {
    if (event.type !== 'notice') {
      return false;
    }
    const known = this.#texts.has(event.text);
    this.#texts.add(event.text);
    return known;
  }
}
