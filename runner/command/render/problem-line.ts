import { relative } from 'node:path';
import type { Problem } from '../../model/problem.ts';

/** `file:line:column: message`, the file as seen from where the user stands; one line, without the source's text. */
export function problemLine(problem: Problem): string {
  const message = problem.message.replace(/\s*\n\s*/g, ' ');
  return problem.place === undefined
    ? message
    : `${shortPath(problem.place.file)}:${problem.place.line}:${problem.place.column}: ${message}`;
}

/** Relative to the working directory where that is below it, else as it is. */
export function shortPath(file: string): string {
  const short = relative(process.cwd(), file);
  return short === '' || short.startsWith('..') ? file : short;
}
