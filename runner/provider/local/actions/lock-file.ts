import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { HostFault, WrongInput } from '../../../host/fault.ts';
import { isSystemError, writeWhole } from '../../../host/in-place.ts';
import type { Problem } from '../../../model/problem.ts';
import { parseDocument } from '../../../workflow/document.ts';
import { Field } from '../../../workflow/field.ts';

/** Where a repository keeps it, from its top. */
export const lockFile = '.github/lightv-actions.lock';

/** The commits that a repository's lock file holds its `uses` to. */
export interface ActionLock {
  /** As messages name it. */
  readonly file: string;
  /** By `lockName`. */
  readonly commits: ReadonlyMap<string, string>;
}

const version = 1;
const heading = [
  ' What `uses:` stands for in the workflows of this repository, and in what they use in turn.',
  ' Written by `lightv actions lock`; runs take these commits, wherever branches and tags have moved to.',
].join('\n');

/** What an entry is called: repositories are the same in any case of their letters, refs are not. */
export function lockName(repository: string, ref: string): string {
  return `${repository.toLowerCase()}@${ref}`;
}

/** The text of a lock file: the same entries give the same bytes. */
export function lockText(commits: ReadonlyMap<string, string>): string {
  const sorted = [...commits].sort(([one], [other]) => (one < other ? -1 : 1));
  const body = stringify({ version, actions: Object.fromEntries(sorted) }, { lineWidth: 0 });
  return `#${heading.replaceAll('\n', '\n#')}\n${body}`;
}

/** Reads a repository's lock file; `undefined` where it has none. Throws a `WrongInput` with all that is wrong with it. */
export async function readLock(repository: string): Promise<ActionLock | undefined> {
  const path = join(repository, lockFile);
  try {
    return { file: lockFile, commits: parseLock(await readFile(path, 'utf8'), path) };
  } catch (error) {
    if (!isSystemError(error)) {
      throw error;
    }
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    throw new HostFault(`read ${path}`, error);
  }
}

/** Writes a repository's lock file, which nobody finds half written. Fails with a `HostFault`. */
export async function writeLock(repository: string, commits: ReadonlyMap<string, string>): Promise<void> {
  await writeWhole(join(repository, lockFile), lockText(commits));
}

function parseLock(text: string, file: string): ReadonlyMap<string, string> {
  const { document, problems } = parseDocument(text, file);
  const wrong: Problem[] = [...problems];
  const commits = new Map<string, string>();
  if (document !== undefined) {
    const root = Field.root(document);
    const found = root.get('version');
    if (found?.value !== version) {
      const message = `'version': found ${found?.text || 'nothing'}; this LightV reads ${version}`;
      wrong.push({ message, place: (found ?? root).place });
    }
    for (const entry of root.get('actions')?.entries() ?? []) {
      const [, repository, ref] = /^([^/@\s]+\/[^/@\s]+)@(\S+)$/.exec(entry.key) ?? [];
      if (repository === undefined || ref === undefined) {
        wrong.push({ message: `found '${entry.key}'; allowed: owner/repo@ref`, place: entry.keyPlace });
      } else if (!/^[0-9a-f]{40}$/.test(entry.text)) {
        const message = `'${entry.key}': found '${entry.text}'; allowed: the 40 hex digits of a commit`;
        wrong.push({ message, place: entry.place });
      } else {
        commits.set(lockName(repository, ref), entry.text);
      }
    }
  }
  if (wrong.length > 0) {
    throw new WrongInput(wrong);
  }
  return commits;
}
