import test from 'ava';
import { markdownLines } from '../../../runner/command/render/markdown.ts';

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'headings stay told apart, emphasis goes',
    '# One\n\nSome **bold** and _slanted_ `code`.\n### Three',
    ['# One', '', 'Some bold and slanted `code`.', '### Three'],
  ],
  [
    'a table gets columns',
    '| a | long name |\n| --- | ---: |\n| `x y` | 1 |\n| **b** | |',
    ['a      long name', '─────  ─────────', '`x y`  1', 'b'],
  ],
  [
    'lists, nested and with boxes',
    '- one\n- two\n  - inner\n- [x] done\n\n3. c\n4. d',
    ['• one', '• two', '  • inner', '• [x] done', '', '3. c', '4. d'],
  ],
  ['links tell where they lead', '[text](http://a/b) <http://c> ![alt](x.png)', ['text (http://a/b) http://c [alt]']],
  ['code as it is', '```sh\nif  x; then\n```', ['    if  x; then']],
  [
    'HTML loses its tags',
    '<details><summary>More</summary>\n\ninside &amp; out<br>next\n\n</details>',
    ['More', '', 'inside & out', 'next'],
  ],
  ['quotes', '> a\n> b', ['> a', '> b']],
  ['nothing', '\n\n', []],
];

for (const [title, text, lines] of cases) {
  test(title, (t) => t.deepEqual(markdownLines(text), lines));
}

test('a long summary is cut and says so', (t) => {
  const lines = markdownLines('a\n\n'.repeat(5000));
  t.is(lines.length, 201);
  t.is(lines.at(-1), '… (there is more of it)');
  t.is(markdownLines('x'.repeat(100_000)).at(-1), '… (there is more of it)');
});

test('a summary that nests without end is shown as it is', (t) => {
  t.true(markdownLines('>'.repeat(32 * 1024)).length > 0);
});
