import { basename, dirname } from 'node:path';
import type { Dialect } from '../model/workflow.ts';

export const dialectNames: readonly Dialect[] = ['lightv', 'github', 'gitlab'];

/** The language of a file: by its place, then its name, then what only one of them has at its place in a job. */
export function dialectOf(file: string, text: string): Dialect {
  const folder = dirname(file);
  if (basename(folder) === 'workflows' && basename(dirname(folder)) === '.github') {
    return 'github';
  }
  if (/^\.gitlab-ci\.ya?ml$/.test(basename(file))) {
    return 'gitlab';
  }
  return /^jobs:/m.test(text) && /^[ ]+runs-on:/m.test(text) ? 'github' : 'lightv';
}
