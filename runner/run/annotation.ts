import { posix } from 'node:path';
import type { ProblemEvent } from '../model/event.ts';
import type { Problem } from '../model/problem.ts';
import type { Annotation } from '../output/log-command.ts';
import type { MatchedProblem } from '../output/problem-matcher.ts';

/** What a step says of its own work, as an event tells it. */
export type Told = Pick<ProblemEvent, 'problem' | 'title' | 'code' | 'end'> & {
  readonly level: NonNullable<ProblemEvent['level']>;
};

/** Annotations of one level that a step may have; further ones are in its log alone, as on GitHub. */
export const mostOfOneLevel = 10;
/** UTF-16 units of an annotation's message. */
export const longestMessage = 4096;

/** What a command in a line says; files are made relative to the workspace. */
export function annotated(annotation: Annotation, message: string, workspace: string): Told {
  const { level, title, file, line = 1, column = 1, endLine, endColumn } = annotation;
  const problem: Problem =
    file === undefined ? { message } : { message, place: { file: inside(file, workspace), line, column } };
  const end = { line: endLine ?? line, ...(endColumn === undefined ? {} : { column: endColumn }) };
  return {
    level,
    problem,
    ...(title === undefined ? {} : { title }),
    ...(file === undefined || (endLine ?? endColumn) === undefined ? {} : { end }),
  };
}

/** What a problem matcher found. */
export function matched(found: MatchedProblem, workspace: string): Told {
  const { severity, message, code, file, fromPath, line = 1, column = 1 } = found;
  const told = { level: severity, ...(code === undefined ? {} : { code }) };
  if (file === undefined) {
    return { ...told, problem: { message } };
  }
  const base = fromPath === undefined ? workspace : posix.resolve(workspace, posix.dirname(fromPath));
  return { ...told, problem: { message, place: { file: inside(posix.resolve(base, file), workspace), line, column } } };
}

/** What LightV says about a step. */
export function warned(message: string): Told {
  return { level: 'warning', problem: { message } };
}

function inside(file: string, workspace: string): string {
  return file.startsWith(`${workspace}/`) ? file.slice(workspace.length + 1) : file;
}
