import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourcesOfRelease } from '../host/apt-sources.ts';
import { runProgram } from '../host/process.ts';
import type { DebianBase } from './definition.ts';
import type { BuildWork } from './work.ts';

/** Documentation and translations: read by nobody in a build. Licences stay. */
const unread = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/lintian/*',
];

/** No device nodes: a guest and a sandbox bring their own. */
const skipped = 'output/dev,check/empty';

/** mmdebstrap copies the host's name and resolver, and the addresses of mirrors may hold the host's passwords. */
const nothingOfHost = [
  ': > "$1/etc/resolv.conf"',
  'echo localhost > "$1/etc/hostname"',
  `find "$1/etc/apt" -name "*.sources" -o -name "*.list" | xargs -r sed -i -E 's#://[^/@[:space:]]+@#://#g'`,
];

/**
 * Makes a Debian system with the staged files unpacked over it and gives its tar; no time in it is after `latest`.
 * Packages come from the host's own sources of that release, else from mmdebstrap's. Works as root, and for others where
 * they may use subordinate ids.
 */
export async function makeDebian(base: DebianBase, staged: string, latest: number, work: BuildWork): Promise<string> {
  const target = join(work.temporary, 'debian.tar');
  const sources = join(work.temporary, 'debian.sources');
  const ofHost = sourcesOfRelease(base.suite);
  await writeFile(sources, ofHost);
  const asRoot = process.getuid?.() === 0;
  work.onProgress(`making a Debian system (${base.suite}), which takes a few minutes`);
  await runProgram(
    `make a Debian system (${base.suite})`,
    [
      ...(asRoot ? insideNamespace : tied),
      'mmdebstrap',
      `--mode=${asRoot ? 'root' : 'unshare'}`,
      '--variant=minbase',
      '--format=tar',
      `--skip=${skipped}`,
      ...(base.packages.length === 0 ? [] : [`--include=${base.packages.join(',')}`]),
      ...unread.map((line) => `--dpkgopt=${line}`),
      ...nothingOfHost.map((hook) => `--customize-hook=${hook}`),
      `--customize-hook=tar-in ${quoted(staged)} /`,
      base.suite,
      target,
      ...(ofHost === '' ? [] : [sources]),
    ],
    {
      onLine: (line) => tell(line, work),
      signal: work.signal,
      timeout: 60 * 60_000,
      env: { ...withSourceDate(latest), ...(asRoot ? { TMPDIR: work.temporary } : {}) },
    },
  );
  await addDev(target, work);
  return target;
}

/** mmdebstrap leaves /dev out together with its nodes; the folder is needed to mount on. */
async function addDev(tar: string, work: BuildWork): Promise<void> {
  const folder = join(work.temporary, 'mount-points');
  await mkdir(join(folder, 'dev'), { recursive: true });
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=755', '--mtime=@0'];
  await runProgram('add /dev to the image', ['tar', '--append', ...owner, '-f', tar, '-C', folder, './dev'], work);
}

const tied: [string, ...string[]] = ['setpriv', '--pdeathsig', 'KILL'];
/** What mmdebstrap starts and mounts goes when we go. */
const insideNamespace: [string, ...string[]] = [
  ...tied,
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** Our environment with the latest time that files of an image may have, in seconds since 1970, as packers read it. */
export function withSourceDate(latest: number): Readonly<Record<string, string>> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(inherited), SOURCE_DATE_EPOCH: String(latest), LC_ALL: 'C.UTF-8' };
}

function tell(line: string, work: BuildWork): void {
  const text = line.replace(/^I: /, '').trim();
  // Of its hooks it tells the whole command.
  if (/^(?:running (?!.*hook)|installing |downloading |cleaning |creating )/.test(text)) {
    work.onProgress(text);
  }
}

/** mmdebstrap splits a hook's words as a shell does. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
