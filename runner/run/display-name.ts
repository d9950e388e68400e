import { ExpressionError } from '../expression/error.ts';
import { fillTemplate } from '../expression/evaluate.ts';
import type { Json, Template } from '../model/workflow.ts';
import type { RunScene } from './scene.ts';

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

/** What a job is called by: of one that is part of a call, behind the caller's name. */
export function jobTitle(
  { id, name }: { readonly id: string; readonly name?: Template },
  { called }: Pick<RunScene, 'called'>,
  contexts: { readonly [name: string]: Json },
): string {
  if (called === undefined) {
    return name === undefined ? id : displayName(name, contexts);
  }
  return `${called.name} / ${name === undefined ? id.slice(`${called.id} / `.length) : displayName(name, contexts)}`;
}
