import { data } from '@actions/expressions';
import type { Pair } from '@actions/expressions/data/expressiondata';
import { equals } from '@actions/expressions/result';
import type { Json } from '../model/workflow.ts';
import { numberText } from './number-text.ts';

/**
 * A dictionary whose keys may be any text: the library's own keeps its index in a plain object, where a key such as
 * `constructor` counts as taken. Keys are found in any case, and the first of two that differ in case alone wins.
 */
class Names extends data.Dictionary {
  readonly #entries = new Map<string, Pair>();

  override add(key: string, value: data.ExpressionData): void {
    const name = key.toLowerCase();
    if (!this.#entries.has(name)) {
      this.#entries.set(name, { key, value });
    }
  }

  override get(key: string): data.ExpressionData | undefined {
    return this.#entries.get(key.toLowerCase())?.value;
  }

  override values(): data.ExpressionData[] {
    return [...this.#entries.values()].map((entry) => entry.value);
  }

  override pairs(): Pair[] {
    return [...this.#entries.values()];
  }
}

/** Variables of an environment: their names have case. */
class Variables extends data.Dictionary {
  readonly #values: ReadonlyMap<string, data.ExpressionData>;

  constructor(values: ReadonlyMap<string, data.ExpressionData>) {
    super();
    this.#values = values;
  }

  override get(key: string): data.ExpressionData | undefined {
    return this.#values.get(key);
  }

  override values(): data.ExpressionData[] {
    return [...this.#values.values()];
  }

  override pairs(): Pair[] {
    return [...this.#values].map(([key, value]) => ({ key, value }));
  }
}

/** The `env` context. */
export function variablesData(values: Json): data.ExpressionData {
  return typeof values !== 'object' || values === null || Array.isArray(values)
    ? toData(values)
    : new Variables(new Map(Object.entries(values).map(([name, value]) => [name, toData(value)])));
}

/** A number that becomes text with GitHub's digits. */
export class Decimal extends data.NumberData {
  override coerceString(): string {
    return numberText(this.value);
  }
}

/** A value as the library's own; deep values cost one object a node. */
export function toData(value: Json): data.ExpressionData {
  if (value === null) {
    return new data.Null();
  }
  switch (typeof value) {
    case 'boolean':
      return new data.BooleanData(value);
    case 'number':
      return new Decimal(value);
    case 'string':
      return new data.StringData(value);
    default:
      return Array.isArray(value) ? listData(value) : namesData(value as { readonly [key: string]: Json });
  }
}

/** Names and their values as a context, ready for more `add`s. */
export function namesData(values: { readonly [key: string]: Json }): data.Dictionary {
  const names = new Names();
  for (const [key, value] of Object.entries(values)) {
    names.add(key, toData(value));
  }
  return names;
}

/** The plain value of the library's. */
export function fromData(value: data.ExpressionData): Json {
  switch (value.kind) {
    case data.Kind.Boolean:
    case data.Kind.Number:
    case data.Kind.String:
      return value.value;
    case data.Kind.Array:
      return value.values().map(fromData);
    case data.Kind.Dictionary:
      return Object.fromEntries(value.pairs().map((pair) => [pair.key, fromData(pair.value)]));
    default:
      return null;
  }
}

/** A value as `${{ }}` writes it into text: null is empty, a list `Array`, an object `Object`. */
export function textOf(value: Json): string {
  return toData(value).coerceString();
}

/** GitHub's `==`: text in any case, numbers and texts compared as numbers; lists and objects are never equal. */
export function equalValues(left: Json, right: Json): boolean {
  return equals(toData(left), toData(right));
}

function listData(values: readonly Json[]): data.Array {
  const list = new data.Array();
  for (const value of values) {
    list.add(toData(value));
  }
  return list;
}
