import { readFileSync, statSync } from 'node:fs';
import type { Problem } from '../model/problem.ts';
import { renderProblem } from '../workflow/problem-text.ts';
import { cleanText } from './render/clean-text.ts';
import { shortPath } from './render/problem-line.ts';

/** `file:line:column: message` as seen from where the user stands, with the source's line and a caret below it. */
export function problemText(problem: Problem): string {
  const { message, place } = problem;
  const clean = message
    .split('\n')
    .map((line) => cleanText(line, false))
    .join('\n');
  return place === undefined
    ? clean
    : renderProblem({ message: clean, place: { ...place, file: shortPath(place.file) } }, sourceText(place.file));
}

/** `undefined` where the file is not there to be shown or no pipeline is that large. */
function sourceText(file: string): string | undefined {
  try {
    return statSync(file).size > 1024 * 1024 ? undefined : readFileSync(file, 'utf8');
  } catch {
    // The message names the place; the line itself is only a help.
    return undefined;
  }
}
