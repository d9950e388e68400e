import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt } from '../host/attempt.ts';
import { repositoryTop } from '../provider/local/git.ts';

/** Options that name a file, and the file of the repository's top that is read where they do not. */
const usual = { envFile: '.env', secretFile: '.secrets', varFile: '.vars', inputFile: '.input' } as const;

type FileOption = keyof typeof usual;

/** Files of the repository's top, by the options that could have named others. */
export type LocalFiles = { readonly [O in FileOption]?: string };

/**
 * The files that are read without being asked for, of the repository that holds `file`: those that are there and no links,
 * which could lead anywhere. An option that is given takes the place of its file.
 */
export async function localFiles(file: string | undefined, given: LocalFiles): Promise<LocalFiles> {
  const top = file === undefined ? undefined : await repositoryTop(dirname(file));
  const found: { [O in FileOption]?: string } = {};
  for (const option of Object.keys(usual) as FileOption[]) {
    const path = top === undefined || given[option] !== undefined ? undefined : join(top, usual[option]);
    if (path !== undefined && (await isFile(path))) {
      found[option] = path;
    }
  }
  return found;
}

/** Which of them were read, for a notice; `undefined` where none was. */
export function localFilesNotice(read: LocalFiles): string | undefined {
  const names = (Object.keys(read) as FileOption[]).map((option) => usual[option]);
  return names.length === 0 ? undefined : `read from the top of the repository: ${names.join(', ')}`;
}

async function isFile(path: string): Promise<boolean> {
  return await attempt(`look for ${path}`, async () => {
    const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') {
        throw error;
      }
    });
    return found?.isFile() === true;
  });
}
