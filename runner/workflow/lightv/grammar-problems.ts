import type { z } from 'zod';
import { didYouMean } from '../../expression/nearest.ts';
import type { Problem } from '../../model/problem.ts';
import type { Field, Path } from '../field.ts';
import { pipelineGrammar } from './grammar.ts';
import { mapKeys, missing } from './kinds.ts';

type Issue = z.core.$ZodIssue;

/** More than anyone reads; finding the place of each costs a walk through the file. */
const maxIssues = 500;

/** Every breach of the grammar, and the paths of what broke it, as JSON, so that the rest can still be looked at. */
export function grammarProblems(root: Field): { problems: Problem[]; broken: Set<string> } {
  const result = pipelineGrammar.safeParse(root.value);
  const broken = new Set<string>();
  const problems = (result.error?.issues ?? []).slice(0, maxIssues).flatMap((issue) =>
    deepest(issue).flatMap((inner) => {
      const { path, problems } = tell(inner, root);
      for (const place of path) {
        broken.add(JSON.stringify(place));
      }
      return problems;
    }),
  );
  return { problems, broken };
}

/** In place of "none of the kinds fits" what is wrong inside the kind that was meant: the one whose outside fits. */
function deepest(issue: Issue, above: Path = []): Issue[] {
  const path = [...above, ...issue.path] as Issue['path'];
  if (issue.code !== 'invalid_union') {
    return [{ ...issue, path }];
  }
  const meant = issue.errors.find(
    (errors) =>
      errors.length > 0 && errors.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
  );
  return meant === undefined ? [{ ...issue, path }] : meant.flatMap((inner) => deepest(inner, path as Path));
}

function tell(issue: Issue, root: Field): { path: Path[]; problems: Problem[] } {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const parent = fieldAt(root, path);
    const allowed = mapKeys.get(issue.message) ?? [];
    return {
      path: issue.keys.map((key) => [...path, key]),
      problems: issue.keys.map((key) => ({
        message: `unknown key '${key}' in ${issue.message}; allowed: ${allowed.join(', ')}${didYouMean(key, allowed)}`,
        place: parent.get(key)?.keyPlace ?? parent.keyPlace,
      })),
    };
  }
  const key = path.findLast((part) => typeof part === 'string');
  if (issue.message.startsWith(missing)) {
    const parent = fieldAt(root, path.slice(0, -1));
    const message = `the key '${key}' is missing; it takes ${issue.message.slice(missing.length)}`;
    return { path: [path], problems: [{ message, place: parent.keyPlace }] };
  }
  const message = key === undefined ? issue.message : `'${key}': ${issue.message}`;
  return { path: [path], problems: [{ message, place: fieldAt(root, path).place }] };
}

/** The field at a path, or the last one on the way to it that is there. */
function fieldAt(root: Field, path: Path): Field {
  let field = root;
  for (const part of path) {
    const next = typeof part === 'number' ? field.items()[part] : field.get(part);
    if (next === undefined) {
      return field;
    }
    field = next;
  }
  return field;
}
