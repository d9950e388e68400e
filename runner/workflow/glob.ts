/**
 * What is wrong with a glob of an artifact, as the end of a sentence, or `undefined`. Globs are relative to the
 * workspace and stay in it; a leading `!` takes files out.
 */
export function globFault(glob: string): string | undefined {
  const pattern = glob.startsWith('!') ? glob.slice(1) : glob;
  if (pattern === '') {
    return 'is empty';
  }
  if (pattern.startsWith('/') || pattern.startsWith('~')) {
    return 'is not relative to the workspace';
  }
  if (pattern.split('/').includes('..')) {
    return 'leaves the workspace with ..';
  }
  if (pattern.length > 4096) {
    return 'is longer than 4096 characters';
  }
  return bracketFault(pattern);
}

const closers: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

function bracketFault(pattern: string): string | undefined {
  const open: string[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const sign = pattern[index] ?? '';
    const last = open.at(-1);
    if (sign === '\\') {
      index += 1;
    } else if (last === '[') {
      if (sign === ']') {
        open.pop();
      }
    } else if (Object.hasOwn(closers, sign)) {
      open.push(sign);
    } else if (last !== undefined && sign === closers[last]) {
      open.pop();
    }
  }
  const unclosed = open.at(-1);
  return unclosed === undefined ? undefined : `opens ${unclosed} and never closes it with ${closers[unclosed]}`;
}
