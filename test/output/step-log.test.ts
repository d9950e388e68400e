import test from 'ava';
import fc from 'fast-check';
import { Masks } from '../../runner/output/masks.ts';
import { type LogLine, StepLog, TooManyMasks } from '../../runner/output/step-log.ts';

function masksOf(...values: string[]): Masks {
  const masks = new Masks();
  for (const value of values) {
    masks.add(value);
  }
  return masks;
}

function linesOf(masks: Masks, chunks: readonly Uint8Array[], longest?: number): LogLine[] {
  const log = new StepLog(masks, longest);
  return [...chunks.flatMap((chunk) => [...log.push('stdout', chunk)]), ...log.end()];
}

function textsOf(masks: Masks, ...chunks: string[]): string[] {
  return linesOf(
    masks,
    chunks.map((chunk) => Buffer.from(chunk)),
  ).map((line) => line.text);
}

test('lines end at \\n and \\r\\n, and the last one needs no end', (t) => {
  t.deepEqual(textsOf(new Masks(), 'a\nb\r', '\n\n', 'c\rd'), ['a', 'b', '', 'c\rd']);
  t.deepEqual(textsOf(new Masks(), 'a\n'), ['a']);
  t.deepEqual(textsOf(new Masks()), []);
});

test('characters may be split across chunks, and bytes that are not UTF-8 become U+FFFD', (t) => {
  const euro = Buffer.from('€\n');
  t.deepEqual(
    linesOf(new Masks(), [euro.subarray(0, 1), euro.subarray(1, 2), euro.subarray(2)]).map((line) => line.text),
    ['€'],
  );
  t.deepEqual(
    linesOf(new Masks(), [Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82])]).map((line) => line.text),
    ['a\ufffdb', '\ufffd'],
  );
});

test('each stream keeps its own unfinished line', (t) => {
  const log = new StepLog(new Masks());
  const seen = [
    ...log.push('stdout', Buffer.from('out')),
    ...log.push('stderr', Buffer.from('err\n')),
    ...log.push('stdout', Buffer.from(' put\n')),
    ...log.push('stderr', Buffer.from('left')),
    ...log.end(),
  ];
  t.deepEqual(
    seen.map(({ stream, text }) => [stream, text]),
    [
      ['stderr', 'err'],
      ['stdout', 'out put'],
      ['stderr', 'left'],
    ],
  );
});

test('a line over the bound comes in pieces that say so', (t) => {
  const lines = linesOf(new Masks(), [Buffer.from('abcdefghij\nk\n')], 4);
  t.deepEqual(
    lines.map(({ text, continued }) => [text, continued]),
    [
      ['abcd', true],
      ['efgh', true],
      ['ij', false],
      ['k', false],
    ],
  );
});

test('a cut never splits a character', (t) => {
  t.deepEqual(
    linesOf(new Masks(), [Buffer.from('abc😀de')], 4).map((line) => line.text),
    ['abc', '😀de'],
  );
});

test('an endless line is shown in pieces while it comes, and is not held', (t) => {
  const log = new StepLog(masksOf('secret-value'));
  const chunk = Buffer.alloc(64 * 1024, 'x');
  let shown = 0;
  for (let at = 0; at < 64; at += 1) {
    for (const line of log.push('stdout', chunk)) {
      shown += line.text.length;
    }
    t.true((at + 1) * chunk.length - shown <= 2 * 64 * 1024 + 256);
  }
});

test('a secret is masked in the forms it travels in', (t) => {
  const secret = 'p@ss "word"/é';
  const hidden = masksOf(secret);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  for (const form of [
    secret,
    base64(secret),
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    'p@ss \\"word\\"/\\u00e9',
  ]) {
    t.is(hidden.mask(`[${form}]`), '[***]', form);
  }
  for (const before of ['', 'u', 'us', 'usr', 'user:']) {
    const inside = base64(`${before}${secret}:and more`);
    const masked = hidden.mask(inside);
    t.true(masked.includes('***'), `after ${before.length} bytes`);
    const kept = masked.split('***').reduce((sum, part) => sum + part.length, 0);
    const own = Math.floor((Buffer.byteLength(secret) * 8) / 6) - 1;
    t.true(inside.length - kept >= own, `after ${before.length} bytes only ${inside.length - kept} are hidden`);
  }
});

test('each line of a secret of several lines is masked, a brace alone is not', (t) => {
  const hidden = masksOf('{\n  "key": "k-123",\n  "id": 7\n}\n');
  t.deepEqual(textsOf(hidden, '  "key": "k-123",\n{ }\n"id": 7!\n'), ['  ***', '{ }', '***!']);
});

test('secrets that overlap or touch become one mask, the longest reach counts', (t) => {
  t.is(masksOf('abc', 'bcd').mask('xabcdx'), 'x***x');
  t.is(masksOf('abc', 'abcdef').mask('abcdef abcd'), '*** ***d');
  t.is(masksOf('aa').mask('aaaaab'), '***b');
  t.is(masksOf('ab').mask('ababab-ab'), '***-***');
});

test('a value that a line masks is hidden in that line and in both streams from then on', (t) => {
  const log = new StepLog(new Masks());
  const seen = [
    ...log.push('stdout', Buffer.from('tok-1\n::add-mask::tok-1\n')),
    ...log.push('stderr', Buffer.from('tok-1\n')),
    ...log.push('stdout', Buffer.from('a tok-1 b\n')),
  ];
  t.deepEqual(
    seen.map((line) => line.text),
    ['tok-1', '::add-mask::***', '***', 'a *** b'],
  );
});

test("one job's added mask does not reach another's log, the run's secret reaches both", (t) => {
  const run = masksOf('run-secret');
  const [one, two] = [new Masks(run), new Masks(run)];
  t.deepEqual(textsOf(one, '::add-mask::mine\nmine run-secret\n').at(-1), '*** ***');
  t.deepEqual(textsOf(two, 'mine run-secret\n'), ['mine ***']);
});

test('an add-mask line over the bound shows nothing of its value', (t) => {
  const value = 'secret'.repeat(10);
  const lines = linesOf(new Masks(), [Buffer.from(`::add-mask::${value}\nnext\n`)], 16);
  t.is(lines.at(-1)?.text, 'next');
  t.false(lines.some((line) => /[scrt]{2}/.test(line.text.replace('::add-mask::', '').replace('next', ''))));
});

test('a guest that names masks without end is stopped', (t) => {
  const log = new StepLog(new Masks());
  const flood = Array.from({ length: 2000 }, (_, at) => `::add-mask::value-${at}\n`).join('');
  t.throws(() => [...log.push('stdout', Buffer.from(flood))], { instanceOf: TooManyMasks });
});

test('commands are read from the raw line', (t) => {
  const lines = linesOf(masksOf('s3cret'), [
    Buffer.from('::error file=a.ts,line=3,col=2::not s3cret\n::stop-commands::end\n::debug::x\n::END::\n::debug::y\n'),
  ]);
  t.deepEqual(
    lines.map((line) => line.command?.kind),
    ['annotation', 'stop-commands', undefined, undefined, 'debug'],
  );
  t.like(lines[0], { text: '::error file=a.ts,line=3,col=2::not ***' });
  t.like(lines[0]?.command, { level: 'error', message: 'not s3cret', file: 'a.ts', line: 3, column: 2 });
});

/** Few letters, so that secrets, their parts and line ends meet often. */
const letter = fc.constantFrom('a', 'b', 'c', '€', '😀', '\n', '\r', ' ');
const secretText = fc
  .array(fc.constantFrom('a', 'b', 'c', '€', '😀'), { minLength: 2, maxLength: 6 })
  .map((letters) => letters.join(''));

test('property: chunk borders change nothing, and no secret is ever shown', (t) => {
  const part = fc.oneof({ weight: 3, arbitrary: letter }, { weight: 1, arbitrary: fc.constantFrom('0', '1', '2') });
  fc.assert(
    fc.property(
      fc.array(secretText, { minLength: 1, maxLength: 3 }),
      fc.array(part, { maxLength: 80 }),
      fc.array(fc.nat({ max: 400 }), { maxLength: 12 }),
      fc.integer({ min: 4, max: 30 }),
      (secrets, parts, borders, longest) => {
        const text = parts.map((each) => secrets[Number(each)] ?? (/\d/.test(each) ? '' : each)).join('');
        const bytes = Buffer.from(text);
        const cuts = [0, ...borders.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
        const whole = linesOf(masksOf(...secrets), [bytes], longest);
        t.deepEqual(linesOf(masksOf(...secrets), chunks, longest), whole);
        const shown = rejoined(whole);
        for (const secret of secrets) {
          t.false(shown.some((line) => line.includes(secret)));
        }
        t.deepEqual(shown, expected(text, secrets));
      },
    ),
    { numRuns: 1500 },
  );
});

function rejoined(lines: readonly LogLine[]): string[] {
  const result: string[] = [];
  let open = false;
  for (const line of lines) {
    result.push(open ? `${result.pop() ?? ''}${line.text}` : line.text);
    open = line.continued;
  }
  return result;
}

/** The same by another way: mark every character a secret covers, then write each marked run as one mask. */
function expected(text: string, secrets: readonly string[]): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
  }
  return lines.map((raw, at) => {
    const ended = at < lines.length - 1 || text.endsWith('\n');
    const line = ended && raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const covered = Array.from({ length: line.length }, () => false);
    for (const secret of secrets) {
      for (let start = 0; start + secret.length <= line.length; start += 1) {
        if (line.startsWith(secret, start)) {
          covered.fill(true, start, start + secret.length);
        }
      }
    }
    return covered.map((hide, index) => (hide ? (covered[index - 1] === true ? '' : '***') : line[index])).join('');
  });
}
