import { ExpressionError } from '../expression/error.ts';
import { fillTemplate } from '../expression/evaluate.ts';
import type { Scope } from '../expression/scope.ts';
import type { Json, Template } from '../model/workflow.ts';
import type { RunScene } from './scene.ts';

/** A name with its expressions filled in; as it stands in the file where they fail: a name is no reason to fail. */
export function displayName(name: Template, scope: (text: Template) => Scope): string {
  try {
    return fillTemplate(name, scope(name));
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
  // An empty name is none.
  const own = name === undefined ? '' : displayName(name, () => ({ contexts })).trim();
  return called === undefined ? own || id : `${called.name} / ${own || id.slice(`${called.id} / `.length)}`;
}
