import test from 'ava';
import fc from 'fast-check';
import { parseDuration } from '../../runner/workflow/duration.ts';
import { globFault } from '../../runner/workflow/glob.ts';
import { parseBytes, parseCpu } from '../../runner/workflow/quantity.ts';

test('sizes and CPUs as Kubernetes writes them', (t) => {
  t.deepEqual(['64Mi', '1.5Gi', '500M', '7', '0.5Ki'].map(parseBytes), [67108864, 1610612736, 500000000, 7, 512]);
  t.deepEqual(
    ['64MB', '64mi', '500m', '-1', '', '1e3', '0', '9999999Ti', ' 1Mi'].map(parseBytes),
    Array(9).fill(undefined),
  );
  t.deepEqual(['0.5', '500m', '2', '.25'].map(parseCpu), [0.5, 0.5, 2, 0.25]);
  t.deepEqual(['0', '1k', 'm', '', '-1', '0.1m'].map(parseCpu), Array(6).fill(undefined));
});

test('any whole number of a unit is that many bytes', (t) => {
  const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.constantFrom(...Object.entries(units)),
      (count, [unit, factor]) => {
        t.is(parseBytes(`${count}${unit}`), count * factor);
      },
    ),
  );
});

test('durations', (t) => {
  t.deepEqual(
    ['90s', '5m', '1h30m', '250ms', '0s', '24d'].map(parseDuration),
    [90_000, 300_000, 5_400_000, 250, 0, 2_073_600_000],
  );
  t.deepEqual(['', '5', '5 m', '1m1h', '25d', '-1s', '1.5h', '1h1h'].map(parseDuration), Array(8).fill(undefined));
});

test('a duration in parts is their sum', (t) => {
  const part = fc.nat({ max: 100 });
  fc.assert(
    fc.property(part, part, part, (h, m, s) => {
      t.is(parseDuration(`${h}h${m}m${s}s`), ((h * 60 + m) * 60 + s) * 1000);
    }),
  );
});

test('a glob of plain names has no fault, and one that climbs has', (t) => {
  const name = fc.stringMatching(/^[a-z0-9*?_-]{1,8}$/);
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), fc.nat(), (names, at) => {
      t.is(globFault(names.join('/')), undefined);
      t.is(globFault(names.toSpliced(at % names.length, 0, '..').join('/')), 'leaves the workspace with ..');
    }),
  );
});
