import { maskForms } from './mask-forms.ts';

export const maskText = '***';

/** From `start` up to `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What guests may add to one set: every value costs a look at every line. Units are UTF-16. */
export const mostAdded = { values: 1000, units: 256 * 1024 } as const;

/**
 * The texts nobody may see. A set made from another hides what that one hides, now and later, and keeps its own
 * additions to itself: a job hides the run's secrets, and its `add-mask` values do not reach into other jobs' logs.
 */
export class Masks {
  readonly #parent: Masks | undefined;
  readonly #forms = new Set<string>();
  readonly #added: string[] = [];
  #longest = 1;
  #units = 0;

  constructor(parent?: Masks) {
    this.#parent = parent;
  }

  /** Hides a value and its derived forms from now on; a blank one is ignored. */
  add(value: string): void {
    for (const form of maskForms(value)) {
      this.#forms.add(form);
      this.#longest = Math.max(this.#longest, form.length);
    }
  }

  /** As `add`, for a value a guest named; `false`, and nothing added, once the guest's share is used up. */
  addBounded(value: string): boolean {
    if (this.#forms.has(value)) {
      return true;
    }
    this.#units += value.length;
    if (this.#added.length >= mostAdded.values || this.#units > mostAdded.units) {
      return false;
    }
    this.#added.push(value);
    this.add(value);
    return true;
  }

  /** What guests added to this set. */
  get added(): readonly string[] {
    return this.#added;
  }

  /** Units that must be looked at beyond a place before what stands there is known to be clean. */
  get holdBack(): number {
    return Math.max(this.#longest - 1, this.#parent?.holdBack ?? 0);
  }

  /** The text with every hidden part replaced by `***`; parts that overlap or touch become one. */
  mask(text: string): string {
    const spans = this.spans(text);
    return spans.length === 0 ? text : replaceSpans(text, spans);
  }

  hides(text: string): boolean {
    return this.spans(text).length > 0;
  }

  /** Where hidden texts stand: ordered, neither overlapping nor touching. */
  spans(text: string): readonly Span[] {
    const found = this.#found(text);
    return found.length < 2 ? found : joined(found);
  }

  #found(text: string): Span[] {
    const spans = this.#parent === undefined ? [] : this.#parent.#found(text);
    for (const form of this.#forms) {
      if (form.length <= text.length) {
        collect(text, form, spans);
      }
    }
    return spans;
  }
}

/** `text` with `***` in place of each span. */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let from = 0;
  for (const { start, end } of spans) {
    result += text.slice(from, start) + maskText;
    from = end;
  }
  return result + text.slice(from);
}

/** Spans sorted, those that overlap or touch made one. */
export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && span.start <= last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    } else {
      result.push(span);
    }
  }
  return result;
}

/**
 * Adds where `form` stands. Occurrences that overlap are taken by the furthest one that still touches, so that a text
 * of one repeated letter costs no more than its length.
 */
function collect(text: string, form: string, spans: Span[]): void {
  let at = text.indexOf(form);
  while (at !== -1) {
    const start = at;
    let last = at;
    for (let next = text.lastIndexOf(form, last + form.length); next > last; ) {
      last = next;
      next = text.lastIndexOf(form, last + form.length);
    }
    spans.push({ start, end: last + form.length });
    at = text.indexOf(form, last + form.length);
  }
}
