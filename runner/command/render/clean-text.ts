/** ECMA-48 strings (OSC, DCS, SOS, PM, APC) up to their end, or to the end of the line when they have none. */
const strings = /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/g;
/** Control sequences; the last byte says what they do. */
const sequences = /(?:\u001b\[|\u009b)[0-?]*[ -/]*([@-~])?/g;
const colour = /^\u001b\[[0-9;:]*m$/;
const otherEscapes = /\u001b(?!\[[0-9;:]*m)[ -/]*[0-~]?/g;
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;
/** Characters that make a line read in another order than it was written. */
const directions = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A line of a guest's output made safe to print: colours stay when `colours` is set and end with the line; cursor
 * movement, titles, links and every other control go. Of a line that overwrites itself with carriage returns, what a
 * terminal would show in the end is kept.
 */
export function cleanText(text: string, colours: boolean): string {
  const shown = lastWritten(text);
  if (!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(shown)) {
    return shown;
  }
  const kept = shown
    .replace(strings, '')
    .replace(sequences, (sequence) => (colours && colour.test(sequence) ? sequence : ''))
    .replace(otherEscapes, '')
    .replace(controls, '')
    .replace(directions, '');
  return kept.includes('\u001b') ? `${kept}\u001b[0m` : kept;
}

function lastWritten(text: string): string {
  if (!text.includes('\r')) {
    return text;
  }
  return (
    text
      .split('\r')
      .filter((part) => part !== '')
      .at(-1) ?? ''
  );
}
