/** Names for a sentence, in their order; of many the first twenty. */
export function enumerated(names: readonly string[]): string {
  const more = names.length - 20;
  return more > 0 ? `${names.slice(0, 20).join(', ')} and ${more} more` : names.join(', ');
}

/** A value of a file or an expression, for a sentence: `the text 'abc'`, `the number 5`, `a list`. Long texts are cut. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    const line = value.trim().split('\n')[0] ?? '';
    const cut = line.length > 60 || line !== value.trim();
    return value === '' ? 'an empty text' : `the text '${cut ? `${line.slice(0, 57)}...` : line}'`;
  }
  if (value === null || value === undefined) {
    return 'nothing';
  }
  if (typeof value === 'object') {
    return Array.isArray(value) ? 'a list' : 'a map';
  }
  return typeof value === 'number' ? `the number ${value}` : String(value);
}
