import { posix } from 'node:path';
import picomatch from 'picomatch';
import type { MicroVm } from '../model/machine.ts';
import { StepFailure } from './ending.ts';
import { workspace } from './services.ts';
import { entriesOf } from './tar.ts';

/** Names that are held in memory at once, of one search. */
const mostMatches = 100_000;

/**
 * The files and links below `folder` that match, sorted, relative to it. A pattern that names a folder takes all below
 * it; one with a leading `!` takes out what was matched so far. Throws a `StepFailure` for more than 100,000.
 */
export async function findFiles(
  vm: MicroVm,
  patterns: readonly string[],
  signal: AbortSignal,
  folder = workspace,
): Promise<string[]> {
  const matches = matcher(patterns, folder);
  const found: string[] = [];
  for await (const { name, entry } of entriesOf(await vm.copyOut(folder, signal, { namesOnly: true }))) {
    if (entry.header.type !== 'directory' && matches(name)) {
      found.push(name);
    }
    if (found.length > mostMatches) {
      throw new StepFailure('artifact', `${patterns.join(', ')} matches more than ${mostMatches} files`);
    }
  }
  return found.sort();
}

/** Whether a path relative to `folder` is meant by the patterns, the last one that says something deciding. */
export function matcher(patterns: readonly string[], folder = workspace): (path: string) => boolean {
  const rules = patterns.map((pattern) => {
    const out = pattern.startsWith('!');
    const text = relativePattern(out ? pattern.slice(1) : pattern, folder);
    const wanted = text === '' ? ['**'] : [text, `${text}/**`];
    // A name may hold line ends, which a dot of an expression is not by itself.
    return { out, test: picomatch(wanted, { dot: true, nonegate: true, flags: 's' }) };
  });
  return (path) => rules.reduce((taken, { out, test }) => (taken !== out || !test(path) ? taken : !out), false);
}

function relativePattern(pattern: string, folder: string): string {
  const inside =
    pattern === folder ? '.' : pattern.startsWith(`${folder}/`) ? pattern.slice(folder.length + 1) : pattern;
  const path = posix.normalize(inside === '' ? '.' : inside).replace(/\/+$/, '');
  if (path === '' || path.startsWith('/') || path === '..' || path.startsWith('../')) {
    throw new StepFailure('artifact', `"${pattern}" leads out of ${folder}`);
  }
  return path === '.' ? '' : path;
}
