import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { WrongInput } from '../../runner/host/fault.ts';
import { imageJsonSchema } from '../../runner/image/definition.ts';
import { readDefinition } from '../../runner/image/read-definition.ts';
import { folderOfAll } from '../ground/folder.ts';

const folder = folderOfAll(test);

/** Problems of a definition as `line:column message`. */
async function problems(text: string): Promise<string[]> {
  writeFileSync(join(folder, 'lightv.yaml'), text);
  try {
    await readDefinition(folder);
    return [];
  } catch (error) {
    if (!(error instanceof WrongInput)) {
      throw error;
    }
    return error.problems.map(({ message, place }) => `${place?.line}:${place?.column} ${message}`);
  }
}

test.serial('every problem is told at once, each with its place', async (t) => {
  const text = [
    'name: Busy Box',
    'version: 1.5',
    'runtime: wasm',
    'form: here',
    'from:',
    '  unpack: [busybox-static, "../x"]',
    '  files:',
    '    - path: /etc/../../x',
    '      content: a',
    '    - path: /etc/hosts',
    '      content: a',
    '      link: b',
    'memory: 5 elephants',
  ].join('\n');
  const found = await problems(text);
  const places = found.map((problem) => problem.split(' ')[0]);
  t.deepEqual([...places].sort(), ['1:7', '2:10', '3:10', '4:1', '6:28', '8:13', '10:7', '13:9'].sort());
  const all = found.join('\n');
  t.regex(all, /unknown key 'form'; allowed: name, version, .*; did you mean 'from'\?/);
  t.regex(all, /only `linux` is there yet/);
  t.regex(all, /put the version in quotes/);
  t.regex(all, /exactly one of `from`, `content` and `link`/);
});

test.serial('broken YAML, duplicate keys, alias bombs, empty and huge files are problems', async (t) => {
  t.regex((await problems('name: [')).join(), /^1:\d/);
  t.regex((await problems('name: a\nname: b\n')).join(), /^2:1 .*unique/);
  t.is((await problems('')).length, 1);
  t.is((await problems('- 1')).length, 1);
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (const [name, last] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'].map((pair) => pair.split(''))) {
    bomb.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${last}`).join(',')}]`);
  }
  t.regex((await problems(bomb.join('\n'))).join(), /alias/i);
  t.regex((await problems(`# ${'x'.repeat(10 * 1024 * 1024)}`)).join(), /at most 1048576 are read/);
});

test.serial('a problem says what was found and what is allowed', async (t) => {
  const text = [
    'name: Bad',
    'from:',
    '  files:',
    '    - pth: /x',
    '      content: a',
    '  folders: [{path: /x, mod: "1"}]',
  ];
  t.deepEqual(await problems(text.join('\n')), [
    "1:1 the key 'version' is missing; expected text; put the version in quotes",
    "1:7 'name': found the text 'Bad'; expected lower-case letters, digits, `.`, `_` and `-`, at most 64 of them",
    "4:7 the key 'from.files.0.path' is missing; expected string",
    "4:7 unknown key 'pth' in 'from.files.0'; allowed: path, from, content, link, mode; did you mean 'path'?",
    "6:13 'from.folders.0': found a map; expected a path or {path, mode}",
  ]);
});

test.serial('an exact version is asked of npm packages and an exact place of files', async (t) => {
  const define = (from: string) => `name: a\nversion: "1"\nfrom: ${from}\n`;
  t.deepEqual(await problems(define('{npm: [{package: npm@10.9.9, into: /usr}]}')), []);
  t.is((await problems(define('{npm: [{package: npm, into: /usr}]}'))).length, 1);
  t.is((await problems(define('{npm: [{package: "--registry@1.0.0", into: /usr}]}'))).length, 1);
  t.is((await problems(define('{folders: [relative]}'))).length, 1);
  t.is((await problems(define('{}'))).length, 1);
});

test.serial('a folder without a definition says which file was looked for', async (t) => {
  const error = await t.throwsAsync(readDefinition('/nowhere'), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /\/nowhere\/lightv\.yaml/);
});

test('the grammar is there as a JSON Schema', (t) => {
  const schema = imageJsonSchema() as { properties: Record<string, unknown>; required: string[] };
  t.deepEqual(schema.required, ['name', 'version', 'from']);
  t.true('minMemory' in schema.properties);
});
