/**
 * A filter pattern of `on` as a regular expression over a whole name
 * (https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet): `*` is
 * anything but a slash, `**` anything, `?` and `+` count the character before them, `[]` is a set, `\` takes the next
 * character as it is. Throws a `SyntaxError` for a set that is no set.
 */
export function filterPattern(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern[at] ?? '';
    if (sign === '*') {
      const two = pattern[at + 1] === '*';
      at += two ? 1 : 0;
      // Between slashes `**` may stand for no folder at all.
      if (two && pattern[at + 1] === '/' && (source === '' || source.endsWith('/'))) {
        at += 1;
        source += '(?:.*/)?';
      } else {
        source += two ? '.*' : '[^/]*';
      }
    } else if ((sign === '?' || sign === '+') && source !== '') {
      source += sign;
    } else if (sign === '[') {
      const end = pattern.indexOf(']', at + 1);
      source +=
        end === -1
          ? '\\['
          : `[${pattern
              .slice(at + 1, end)
              .replaceAll('\\', '\\\\')
              .replace(/^!/, '^')}]`;
      at = end === -1 ? at : end;
    } else {
      at += sign === '\\' ? 1 : 0;
      source += (sign === '\\' ? (pattern[at] ?? '') : sign).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    }
  }
  return new RegExp(`^${source}$`);
}

/** Whether a name is meant by patterns in their order: a later one with `!` takes it out, one without takes it in again. */
export function matchesFilters(patterns: readonly string[], name: string): boolean {
  return patterns.reduce((taken, pattern) => {
    const out = pattern.startsWith('!');
    return filterPattern(out ? pattern.slice(1) : pattern).test(name) ? !out : taken;
  }, false);
}

/** What is wrong with a pattern without its `!`, as the end of a sentence, or `undefined`. */
export function patternFault(pattern: string): string | undefined {
  if (pattern === '') {
    return 'is empty';
  }
  try {
    filterPattern(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return 'has a set in [] that is none';
    }
    throw error;
  }
}
