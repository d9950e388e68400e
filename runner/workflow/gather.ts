import { holdsExpression } from '../expression/split.ts';
import type { Problem } from '../model/problem.ts';
import type { Maybe, Template } from '../model/workflow.ts';
import type { Field } from './field.ts';

/** A text whose expressions are checked once the whole file was read. */
export interface GatheredText<Kind extends string> {
  readonly template: Template;
  /** What kind of key it stands under: says which contexts it may read. */
  readonly kind: Kind;
  /** Id of the job it stands in. */
  readonly job?: string;
  /** Id of the step it stands in. */
  readonly step?: string;
}

/** What reading a file brings to light beside the workflow. */
export class FileGathering<Kind extends string> {
  readonly problems: Problem[] = [];
  readonly texts: GatheredText<Kind>[] = [];
  readonly #where: { readonly job?: string; readonly step?: string };

  constructor(parent?: FileGathering<Kind>, where: { readonly job?: string; readonly step?: string } = {}) {
    this.#where = where;
    if (parent !== undefined) {
      this.problems = parent.problems;
      this.texts = parent.texts;
    }
  }

  /** The same gathering, whose texts stand in a job or a step of it. */
  within(where: { readonly job: string; readonly step?: string }): FileGathering<Kind> {
    return new FileGathering(this, where);
  }

  tell(field: Field, message: string): void {
    this.problems.push({ message, place: field.place });
  }

  text(field: Field, kind: Kind): Template {
    const { template } = field;
    this.texts.push({ template, kind, ...this.#where });
    return template;
  }

  /** The texts of a list or of one scalar. */
  textsOf(field: Field | undefined, kind: Kind): Template[] {
    return (field?.oneOrMany() ?? []).map((item) => this.text(item, kind));
  }

  /** The variables, outputs or other texts of a map. */
  named(field: Field | undefined, kind: Kind): Map<string, Template> {
    return new Map((field?.entries() ?? []).map((entry) => [entry.key, this.text(entry, kind)]));
  }

  /** A value or the expression that will give it; `undefined` when there is none, or none that fits. */
  maybe<T>(field: Field | undefined, kind: Kind, read: (field: Field) => T | undefined, allowed: string) {
    if (field === undefined) {
      return undefined;
    }
    if (typeof field.value === 'string' && holdsExpression(field.value)) {
      return this.text(field, kind) as Maybe<T>;
    }
    const value = read(field);
    if (value === undefined) {
      this.tell(field, `'${field.key}': found '${field.text}'; allowed: ${allowed}`);
    }
    return value as Maybe<T> | undefined;
  }
}
