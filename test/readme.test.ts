import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { verbs } from '../runner/command/verbs.ts';

const root = resolve(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the pipeline the README walks through is the one that is shipped', (t) => {
  const shipped = readFileSync(join(root, 'pipelines/hello.yaml'), 'utf8').trim();
  t.true(readme.includes(`\`\`\`yaml\n${shipped}\n\`\`\``));
});

test('every pipeline and every command is in the README', (t) => {
  for (const file of readdirSync(join(root, 'pipelines'))) {
    t.true(readme.includes(`\`${file}\``) || readme.includes(`\`pipelines/${file}\``), file);
  }
  for (const { name } of verbs) {
    t.regex(readme, new RegExp(`^\\|.*\`${name}[ \`\\[]`, 'm'), name);
  }
});

test('the tree in the README is the tree', (t) => {
  const tree = /## The tree\n\n```\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const folders = [...tree.matchAll(/^( *)([a-z]+)\//gm)];
  const inside = folders.filter(([, indent]) => indent !== '').map(([, , name]) => name ?? '');
  const actual = readdirSync(join(root, 'runner'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'dist')
    .map((entry) => entry.name);
  t.deepEqual([...inside].sort(), actual.sort());
  for (const [, , name = ''] of folders.filter(([, indent]) => indent === '')) {
    t.true(existsSync(join(root, name)), name);
  }
});

test('links to files lead somewhere, and nothing is left to fill in', (t) => {
  for (const [, target = ''] of readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
    t.true(existsSync(join(root, target)), target);
  }
  t.false(readme.includes('<!--'));
});
