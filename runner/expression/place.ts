import type { Place } from '../model/problem.ts';
import type { Template } from '../model/workflow.ts';

/**
 * The place in the file of a character of a template's text. Without `stretches` a further line of the text is a further
 * line of the file, at the same column as the first.
 */
export function placeInside(template: Template, offset: number, length = 1): Place {
  const { place, stretches } = template;
  const stretch = stretches?.findLast((candidate) => candidate.offset <= offset);
  if (stretch !== undefined) {
    return { file: place.file, line: stretch.line, column: stretch.column + offset - stretch.offset, length };
  }
  const before = template.text.slice(0, offset).split('\n');
  const column = place.column + (before.at(-1)?.length ?? 0);
  return { file: place.file, line: place.line + before.length - 1, column, length };
}
