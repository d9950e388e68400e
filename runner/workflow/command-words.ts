/**
 * The words of a command line: blanks part them, quotes of both kinds keep them together, a backslash takes the next
 * character as it is (not in single quotes). Nothing else means anything. `undefined` where a quote is not closed.
 */
export function commandWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (/\s/.test(char)) {
      words.push(...(word === undefined ? [] : [word]));
      word = undefined;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(line, at + 1, char);
      if (quoted === undefined) {
        return undefined;
      }
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (char === '\\' && at + 1 < line.length) {
      at += 1;
      word = (word ?? '') + line[at];
    } else {
      word = (word ?? '') + char;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** What stands between quotes, from `start` on, and where the closing one is. */
function readQuoted(line: string, start: number, quote: string): { text: string; end: number } | undefined {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const [char = '', next = ''] = [line[at], line[at + 1]];
    if (char === quote) {
      return { text, end: at };
    }
    if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
      text += next;
      at += 1;
    } else {
      text += char;
    }
  }
  return undefined;
}
