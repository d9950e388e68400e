import { ExpressionError } from '../expression/error.ts';
import { fillTemplate } from '../expression/evaluate.ts';
import type { Json, Template } from '../model/workflow.ts';

/** A name with its expressions filled in; as it stands in the file where they fail: a name is no reason to fail. */
export function displayName(name: Template, contexts: { readonly [name: string]: Json }): string {
  try {
    return fillTemplate(name, { contexts });
  } catch (error) {
    if (error instanceof ExpressionError) {
      return name.text;
    }
    throw error;
  }
}
