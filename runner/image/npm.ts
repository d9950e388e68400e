import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { glob } from 'tinyglobby';
import { WrongInput } from '../host/fault.ts';
import { runProgram } from '../host/process.ts';
import type { NpmPackage } from './definition.ts';
import { makeFolderIn } from './placing.ts';
import type { BuildWork } from './work.ts';

/** Unpacks one package of the npm registry below `root`; nothing of the package runs. The host's npm says which registry. */
export async function unpackNpm(wanted: NpmPackage, root: string, work: BuildWork): Promise<void> {
  const name = wanted.package;
  work.onProgress(`downloading ${name}`);
  const download = join(work.temporary, `npm-${name.replaceAll(/[^a-z0-9.-]/g, '_')}`);
  const files = join(download, 'files');
  await mkdir(files, { recursive: true });
  const { signal } = work;
  await runProgram(
    `download ${name}`,
    ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', download, '--', name],
    {
      cwd: download,
      signal,
      timeout: 600_000,
    },
  );
  const archive = (await readdir(download)).find((file) => file.endsWith('.tgz'));
  await runProgram(
    `unpack ${name}`,
    // A package's one top folder is called `package` by most and something else by some.
    [
      'tar',
      '--extract',
      '--gzip',
      '--no-same-owner',
      '--strip-components=1',
      '-C',
      files,
      '-f',
      join(download, archive ?? ''),
    ],
    { signal, timeout: 600_000 },
  );
  await takeFiles(wanted, files, await makeFolderIn(root, wanted.into));
  await rm(download, { recursive: true, force: true });
}

async function takeFiles(wanted: NpmPackage, from: string, into: string): Promise<void> {
  const found = await glob(wanted.only ?? ['**'], { cwd: from, dot: true, followSymbolicLinks: false });
  if (found.length === 0) {
    throw new WrongInput([{ message: `\`only\` of ${wanted.package} finds no file` }]);
  }
  for (const file of found.sort()) {
    await makeFolderIn(into, dirname(file));
    await cp(join(from, file), join(into, file), { verbatimSymlinks: true, preserveTimestamps: true });
  }
}
