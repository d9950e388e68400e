import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import { holdsExpression } from '../expression/split.ts';
import { textOf } from '../expression/value.ts';
import type { Place } from '../model/problem.ts';
import type { Json, Template, Tree } from '../model/workflow.ts';
import { type PipelineDocument, placeAt } from './document.ts';
import { stretchesOf } from './stretches.ts';

export type Path = readonly (string | number)[];

/** A value of the file with its key, its place, and what lies below it. Aliases read as what they stand for. */
export class Field {
  readonly path: Path;
  readonly #document: PipelineDocument;
  readonly #node: Node | undefined;
  readonly #key: Node | undefined;
  readonly #parent: Field | undefined;
  /** Paths that broke the grammar, which read as if they were not there. */
  readonly #broken: ReadonlySet<string>;

  private constructor(
    document: PipelineDocument,
    node: unknown,
    key: unknown,
    path: Path,
    parent: Field | undefined,
    broken: ReadonlySet<string>,
  ) {
    const own = isNode(node) ? node : undefined;
    this.#document = document;
    this.#node = own === undefined ? undefined : (document.targets.get(own) ?? own);
    this.#key = isNode(key) ? key : undefined;
    this.#parent = parent;
    this.#broken = broken;
    this.path = path;
  }

  static root(document: PipelineDocument, broken: ReadonlySet<string> = new Set()): Field {
    return new Field(document, document.root, undefined, [], undefined, broken);
  }

  /** The last part of the path: a key's text or an item's position. */
  get key(): string {
    return String(this.path.at(-1) ?? '');
  }

  /** Where the value stands; for one left empty, where its key does. */
  get place(): Place {
    const empty = this.#node === undefined || (isScalar(this.#node) && this.#node.value === null);
    return (empty ? undefined : this.#placeOf(this.#node)) ?? this.keyPlace;
  }

  get keyPlace(): Place {
    return (
      this.#placeOf(this.#key) ??
      this.#placeOf(this.#node) ??
      this.#parent?.keyPlace ?? { file: this.#document.file, line: 1, column: 1 }
    );
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  /** The field under a key, when it is there and fits the grammar. */
  get(key: string): Field | undefined {
    return this.entries().find((entry) => entry.key === key);
  }

  /** What a map holds, in the order of the file; nothing for anything else. */
  entries(): Field[] {
    if (!isMap(this.#node)) {
      return [];
    }
    const fields = this.#node.items.flatMap(({ key, value }) =>
      isScalar(key) ? [this.#child(value, key, String(key.value))] : [],
    );
    return fields.filter((field) => !field.#isBroken);
  }

  /** What a list holds; nothing for anything else. */
  items(): Field[] {
    const items = isSeq(this.#node) ? this.#node.items : [];
    return items.map((item, index) => this.#child(item, undefined, index)).filter((field) => !field.#isBroken);
  }

  /** The items of a list, or the value itself where one stands alone. */
  oneOrMany(): Field[] {
    return this.isList ? this.items() : [this];
  }

  /** The plain value; of a key that stands twice the last one counts. */
  get value(): Json {
    if (this.isList) {
      return this.items().map((item) => item.value);
    }
    if (this.isMap) {
      return Object.fromEntries(this.entries().map((entry) => [entry.key, entry.value]));
    }
    const value = isScalar(this.#node) ? this.#node.value : null;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }

  /** A scalar as text: nothing is '', numbers and booleans as `${{ }}` writes them. */
  get text(): string {
    const { value } = this;
    return value === null || typeof value === 'object' ? '' : textOf(value);
  }

  /** The scalar's text as a template that knows where each of its characters stands. */
  get template(): Template {
    const text = this.text;
    if (!isScalar(this.#node) || this.#node.range == null) {
      return { text, place: this.place };
    }
    return { text, ...stretchesOf(this.#node, text, this.#document) };
  }

  /** The value with everything below it, expressions unevaluated. */
  get tree(): Tree {
    const { place } = this;
    if (this.isList) {
      return { kind: 'list', items: this.items().map((item) => item.tree), place };
    }
    if (this.isMap) {
      const entries = this.entries().map((entry) => ({ key: entry.keyTemplate, value: entry.tree }));
      return { kind: 'map', entries, place };
    }
    const { value } = this;
    return typeof value === 'string' && holdsExpression(value)
      ? { kind: 'text', template: this.template }
      : { kind: 'value', value, place };
  }

  /** The key's text as a template. */
  get keyTemplate(): Template {
    return { text: this.key, place: this.keyPlace };
  }

  get #isBroken(): boolean {
    return this.#broken.has(JSON.stringify(this.path));
  }

  #child(node: unknown, key: Node | undefined, name: string | number): Field {
    return new Field(this.#document, node, key, [...this.path, name], this, this.#broken);
  }

  #placeOf(node: Node | undefined): Place | undefined {
    if (node?.range == null) {
      return undefined;
    }
    const { file, lines, text } = this.#document;
    const [from, to] = node.range;
    const lineEnd = text.indexOf('\n', from);
    return placeAt(file, lines, from, Math.min(to, lineEnd === -1 ? to : lineEnd) - from);
  }
}
