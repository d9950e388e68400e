import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import test from 'ava';

const runner = resolve(import.meta.dirname, '../runner');

/** Low to high: a folder imports only from those before it. */
const order = [
  'model',
  'host',
  'expression',
  'workflow',
  'plan',
  'output',
  'guest',
  'image',
  'vm',
  'run',
  'service',
  'store',
  'provider',
  'command',
];

/** Their subfolders are siblings that do not know each other. */
const apart = new Set(['workflow', 'vm', 'provider']);

/** LightV's version stands there; only the entries read it. */
const manifest = resolve(runner, '../package.json');

/** At the top of runner/: they start what command/ holds. */
const entries = new Set(['main.ts', 'action.ts']);

const vague = new Set(['utils', 'util', 'common', 'shared', 'helpers', 'helper', 'misc', 'lib']);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(runner, 'dist')));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)'(\.[^']*)'/g;
  return [...text.matchAll(pattern)].map((match) => resolve(dirname(file), match[1] ?? ''));
}

function breach(from: string, to: string): string | undefined {
  const source = relative(runner, from).split('/');
  const target = relative(runner, to).split('/');
  const [sourceTop = '', targetTop = ''] = [source[0], target[0]];
  if (entries.has(relative(runner, from))) {
    return target[0] === '..' && to !== manifest ? 'leaves runner/' : undefined;
  }
  if (target[0] === '..') {
    return 'leaves runner/';
  }
  if (sourceTop === targetTop) {
    const siblings = apart.has(sourceTop) && source.length > 2 && target.length > 2 && source[1] !== target[1];
    return siblings ? `${sourceTop}/${source[1]} and ${targetTop}/${target[1]} are siblings` : undefined;
  }
  if (!order.includes(targetTop)) {
    return `${targetTop} is no folder of the house`;
  }
  return order.indexOf(targetTop) < order.indexOf(sourceTop) ? undefined : `${sourceTop} stands below ${targetTop}`;
}

test('imports point one way', (t) => {
  const files = sources(runner);
  t.true(files.length > 5);
  const breaches = files.flatMap((file) =>
    importsOf(file).flatMap((target) => {
      const why = breach(file, target);
      return why === undefined ? [] : [`${relative(runner, file)} imports ${relative(runner, target)}: ${why}`];
    }),
  );
  t.deepEqual(breaches, []);
});

test('every folder of runner/ is one of the house', (t) => {
  const folders = readdirSync(runner, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'dist')
    .map((entry) => entry.name);
  t.deepEqual(
    folders.filter((folder) => !order.includes(folder)),
    [],
  );
  const names = sources(runner).flatMap((file) => relative(runner, file).replace(/\.ts$/, '').split('/'));
  t.deepEqual(
    names.filter((name) => vague.has(name)),
    [],
  );
});

test('the check itself sees a breach', (t) => {
  t.is(breach(join(runner, 'model/plan.ts'), join(runner, 'host/fault.ts')), 'model stands below host');
  t.is(breach(join(runner, 'vm/qemu/a.ts'), join(runner, 'vm/fake/b.ts')), 'vm/qemu and vm/fake are siblings');
  t.is(breach(join(runner, 'vm/qemu/a.ts'), join(runner, 'vm/select.ts')), undefined);
});
