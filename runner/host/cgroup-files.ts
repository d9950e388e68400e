import { existsSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** That a group, a file of it or a process went meanwhile. */
function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** What `look` finds, or `undefined` when it is gone. */
export function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) {
      return undefined;
    }
    throw error;
  }
}

/** The text of the first of these files that this kernel has; empty when there is none or its group is gone. */
export function readFirst(...files: readonly string[]): string {
  const file = files.find((one) => existsSync(one));
  return file === undefined ? '' : (unlessGone(() => readFileSync(file, 'utf8')) ?? '');
}

/** A file this kernel or this version does not have, or that vanished with its group, changes nothing. */
export function tryWrite(file: string, text: string): void {
  if (existsSync(file)) {
    unlessGone(() => writeFileSync(file, text));
  }
}

/** True when the folder is gone. */
export function tryRemove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return isGone(error);
  }
}
