import { linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { KeptRun, KeptStep } from '../../runner/run/rerun/kept.ts';
import { bringKept } from '../../runner/store/kept/bring.ts';
import { decode, encode } from '../../runner/store/kept/codec.ts';
import { readKept, writeKept } from '../../runner/store/kept/file.ts';
import { bytesOf } from '../../runner/store/kept/room.ts';
import { folder } from '../ground/folder.ts';

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.string(),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((pairs) => new Map(pairs)),
    fc.array(fc.string()).map((values) => new Set(values)),
  ),
})).value;

const secrets = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ minLength: 1, maxLength: 3 }), { maxKeys: 3 });

test('property: plain data comes back as it was, whatever secrets stand in it', (t) => {
  fc.assert(
    fc.property(plain, secrets, (value, named) => {
      const known = new Map(Object.entries(named));
      t.deepEqual(decode(encode(value, known), known), value);
    }),
  );
});

test('no value of a secret is written, and another value takes its place', (t) => {
  const text = encode(
    { of: ['a token1 and token1234', new Map([['key', 'token1']])] },
    new Map([
      ['T', 'token1'],
      ['U', 'token1234'],
    ]),
  );
  t.false(text.includes('token1'), text);
  const other = decode(
    text,
    new Map([
      ['T', 'new'],
      ['U', 'newer'],
    ]),
  );
  t.deepEqual(other, { of: ['a new and newer', new Map([['key', 'new']])] });
});

function stepWith(id: string, path: string, ...files: string[]): KeptStep {
  const disk = { path, format: 'raw', size: 1 } as const;
  return {
    ...{ id, digest: '', ran: true, exports: { env: [], paths: [], artifacts: [] } },
    result: { id, conclusion: 'success', outcome: 'success', outputs: {} },
    disk: { disk, isolation: 'sandbox', image: { reference: 'i', digest: '' }, files: [path, ...files], needed: true },
  };
}

function runOf(...steps: KeptStep[]): KeptRun {
  const result = { id: 'j', jobId: 'j', conclusion: 'failure', outcome: 'failure', outputs: {}, steps: [] } as const;
  const job = { id: 'j', digest: '', result, steps, caches: new Map(), masks: [] };
  return { run: 'r', sources: new Map(), actions: new Map(), secrets: new Map(), salt: '', jobs: [job] };
}

test('what is kept of a run becomes the own of another, but for what is gone', async (t) => {
  const home = folder(t);
  const [from, to] = [join(home, 'from'), join(home, 'to')];
  mkdirSync(join(from, 'below'), { recursive: true });
  const there = join(from, 'below/there.raw');
  writeFileSync(there, 'bytes');
  const kept = runOf(
    stepWith('a', there),
    stepWith('b', join(from, 'gone.raw')),
    stepWith('c', there, join(from, 'gone.raw')),
  );
  const brought = await bringKept(kept, from, to);
  const [a, b, c] = brought.jobs[0]?.steps ?? [];
  t.is(a?.disk?.disk.path, join(to, 'below/there.raw'));
  t.is(readFileSync(a?.disk?.disk.path ?? '', 'utf8'), 'bytes');
  t.is(b?.disk, undefined);
  t.is(c?.disk, undefined, 'a fork without what it was forked from is none');
});

test('a file that was not written to its end is none; one that was is for its owner alone', async (t) => {
  const home = folder(t);
  t.is(await readKept(home, new Map()), undefined);
  const file = { pinned: false, asked: { x: 1 }, contexts: { github: { sha: 'abc' } }, run: runOf() };
  await writeKept(home, file, new Map());
  t.like(await readKept(home, new Map()), file);
  t.is(statSync(join(home, 'kept.json')).mode & 0o777, 0o600);
  writeFileSync(join(home, 'kept.json'), readFileSync(join(home, 'kept.json'), 'utf8').slice(0, -5));
  t.is(await readKept(home, new Map()), undefined);
});

test('a file with two names takes its room once', async (t) => {
  const home = folder(t);
  const [one, other] = [join(home, 'one'), join(home, 'other')];
  writeFileSync(one, Buffer.alloc(100_000));
  linkSync(one, other);
  const alone = await bytesOf([one]);
  t.true(alone >= 100_000);
  t.is(await bytesOf([one, other, join(home, 'gone')]), alone);
});
