import test from 'ava';
import fc from 'fast-check';
import { cleanText } from '../../../runner/command/render/clean-text.ts';

const esc = '\u001b';

const cases: readonly [what: string, given: string, plain: string, coloured: string][] = [
  ['plain text', 'héllo\tworld', 'héllo\tworld', 'héllo\tworld'],
  ['colours', `${esc}[1;31mred${esc}[0m x`, 'red x', `${esc}[1;31mred${esc}[0m x${esc}[0m`],
  ['colours with colons', `${esc}[38:5:1mx`, 'x', `${esc}[38:5:1mx${esc}[0m`],
  ['cursor movement', `a${esc}[2Jb${esc}[10;1Hc${esc}[?25ld`, 'abcd', 'abcd'],
  ['a title', `${esc}]0;owned\u0007x`, 'x', 'x'],
  ['a link', `${esc}]8;;http://x${esc}\\text${esc}]8;;${esc}\\`, 'text', 'text'],
  ['a string without an end', `x${esc}]52;c;Zm9v`, 'x', 'x'],
  ['a device control string', `${esc}Pq#0${esc}\\x`, 'x', 'x'],
  ['a reset of the terminal', `${esc}cx${esc}(0y`, 'xy', 'xy'],
  ['eight-bit controls', '\u009b2Jx\u009d0;t\u0007y', 'xy', 'xy'],
  ['bell, backspace, delete', 'a\u0007b\u0008c\u007fd', 'abcd', 'abcd'],
  ['a half sequence at the end', `x${esc}[1`, 'x', 'x'],
  ['a lone escape at the end', `x${esc}`, 'x', 'x'],
  ['a line that overwrites itself', '10%\r50%\r100%\r', '100%', '100%'],
  ['reversed reading order', 'a\u202eb\u2066c', 'abc', 'abc'],
];

for (const [what, given, plain, coloured] of cases) {
  test(`${what}`, (t) => {
    t.is(cleanText(given, false), plain);
    t.is(cleanText(given, true), coloured);
  });
}

test('nothing that a guest prints reaches the terminal as a control', (t) => {
  const nasty = fc.string({
    unit: fc.constantFrom(...'\u001b\u009b\u009d\u0090[]()PX^_?;:0123mHJK\\\u0007\u009c\r\n\u0000 a'),
  });
  fc.assert(
    fc.property(nasty, (text) => {
      const line = text.replaceAll('\n', '');
      const plain = cleanText(line, false);
      const coloured = cleanText(line, true).replace(/\u001b\[[0-9;:]*m/g, '');
      return [plain, coloured].every((shown) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(shown));
    }),
    { numRuns: 3000 },
  );
  t.pass();
});
