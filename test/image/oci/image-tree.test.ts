import test, { type ExecutionContext } from 'ava';
import type { Header } from 'tar-stream';
import { WrongInput } from '../../../runner/host/fault.ts';
import type { Folder } from '../../../runner/image/oci/image-node.ts';
import { ImageTree } from '../../../runner/image/oci/image-tree.ts';

type Entry = Partial<Header> & { readonly name: string };

function treeOf(...layers: readonly (readonly Entry[])[]): ImageTree {
  const tree = new ImageTree();
  for (const [layer, entries] of layers.entries()) {
    for (const [index, entry] of entries.entries()) {
      tree.add({ type: entry.name.endsWith('/') ? 'directory' : 'file', ...entry } as Header, layer, index);
    }
  }
  return tree;
}

/** Paths with the layer and number of the entry that holds each; folders end in a slash. */
function listed({ root }: ImageTree): string[] {
  const list = (folder: Folder, prefix: string): string[] =>
    [...folder.children].flatMap(([name, node]) =>
      node.kind === 'folder'
        ? [`${prefix}${name}/`, ...list(node, `${prefix}${name}/`)]
        : [`${prefix}${name} ${node.inode.layer}.${node.inode.index}`],
    );
  return list(root, '').sort();
}

const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });
const hard = (name: string, linkname: string): Entry => ({ name, type: 'link', linkname });

const cases: readonly (readonly [string, readonly (readonly Entry[])[], readonly string[]])[] = [
  ['a later layer replaces a file', [[{ name: 'a' }], [{ name: './a' }]], ['a 1.0']],
  ['folders on the way are made', [[{ name: 'x/y/z' }]], ['x/', 'x/y/', 'x/y/z 0.0']],
  [
    'a folder named again keeps what is in it',
    [[{ name: 'd/' }, { name: 'd/a' }], [{ name: 'd/' }]],
    ['d/', 'd/a 0.1'],
  ],
  ['a file replaces a folder with all that is in it', [[{ name: 'd/a' }], [{ name: 'd' }]], ['d 1.0']],
  ['a whiteout takes out a file', [[{ name: 'a' }, { name: 'b' }], [{ name: '.wh.a' }]], ['b 0.1']],
  ['a whiteout takes out a folder', [[{ name: 'd/e/f' }, { name: 'd/g' }], [{ name: 'd/.wh.e' }]], ['d/', 'd/g 0.1']],
  [
    'a whiteout leaves what its own layer puts there, before it',
    [[{ name: 'a' }], [{ name: 'a' }, { name: '.wh.a' }]],
    ['a 1.0'],
  ],
  [
    'a whiteout leaves what its own layer puts there, behind it',
    [[{ name: 'a' }], [{ name: '.wh.a' }, { name: 'a' }]],
    ['a 1.1'],
  ],
  ['a whiteout of nothing is nothing', [[{ name: 'a' }], [{ name: '.wh.b' }]], ['a 0.0']],
  [
    'an opaque folder hides what lower layers have in it',
    [
      [{ name: 'd/a' }, { name: 'd/e/b' }],
      [{ name: 'd/e/c' }, { name: 'd/.wh..wh..opq' }, { name: 'd/f' }],
    ],
    ['d/', 'd/e/', 'd/e/c 1.0', 'd/f 1.2'],
  ],
  ['notes of old file systems are left out', [[{ name: '.wh..wh.plnk' }, { name: 'a' }]], ['a 0.1']],
  ['a hard link is another place of one file', [[{ name: 'a' }, hard('b', '/a')]], ['a 0.0', 'b 0.0']],
  [
    'a hard link keeps its file when the other place goes',
    [[{ name: 'a' }, hard('b', 'a')], [{ name: '.wh.a' }]],
    ['b 0.0'],
  ],
  ['a hard link into a lower layer', [[{ name: 'a' }], [hard('b', 'a')]], ['a 0.0', 'b 0.0']],
  [
    'a link to a folder is gone through',
    [[{ name: 'usr/bin/' }, link('bin', 'usr/bin')], [{ name: 'bin/sh' }]],
    ['bin 0.1', 'usr/', 'usr/bin/', 'usr/bin/sh 1.0'],
  ],
  [
    'an absolute link stays in the image',
    [[link('etc', '/data/etc')], [{ name: 'etc/passwd' }]],
    ['data/', 'data/etc/', 'data/etc/passwd 1.0', 'etc 0.0'],
  ],
  [
    'a link that climbs stays in the image',
    [[link('up', '../../..')], [{ name: 'up/etc/passwd' }]],
    ['etc/', 'etc/passwd 1.0', 'up 0.0'],
  ],
  ['a folder takes the place of a link', [[link('d', '/x')], [{ name: 'd/' }, { name: 'd/a' }]], ['d/', 'd/a 1.1']],
  [
    'devices are left out, and hide what was there',
    [
      [{ name: 'dev/null' }],
      [
        { name: 'dev/null', type: 'character-device' },
        { name: 'dev/sda', type: 'block-device' },
      ],
    ],
    ['dev/'],
  ],
  ['a leading slash makes no difference', [[{ name: '/a' }]], ['a 0.0']],
];

for (const [title, layers, expected] of cases) {
  test(title, (t) => {
    t.deepEqual(listed(treeOf(...layers)), expected);
  });
}

function refuses(t: ExecutionContext, why: RegExp, ...layers: readonly (readonly Entry[])[]): void {
  t.throws(() => treeOf(...layers), { instanceOf: WrongInput, message: why });
}

test('what leads out of the image is refused', (t) => {
  refuses(t, /leads out of the image/, [{ name: '../etc/passwd' }]);
  refuses(t, /leads out of the image/, [{ name: 'a/../../b' }]);
  refuses(t, /leads out of the image/, [{ name: 'a' }, hard('b', '../../etc/shadow')]);
  refuses(t, /no file of the image/, [hard('b', '/etc/shadow')]);
  refuses(t, /no file of the image/, [{ name: 'd/' }, hard('b', 'd')]);
  refuses(t, /takes out what has no name/, [{ name: 'd/.wh...' }]);
});

test('paths without end are refused', (t) => {
  refuses(t, /lead in a circle/, [link('a', 'b'), link('b', 'a'), { name: 'a/x' }]);
  refuses(t, /something on its way is no folder/, [{ name: 'a' }, { name: 'a/b' }]);
  refuses(t, /none that a file can have/, [{ name: `${'x'.repeat(256)}` }]);
  refuses(t, /none that a file can have/, [{ name: 'd/'.repeat(2500) }]);
  const ever = Array.from({ length: 4 }, (_, i): Entry[] => [
    { name: `${i === 0 ? '' : `l${i - 1}/`}${'d/'.repeat(400)}` },
    link(`l${i}`, `${i === 0 ? '' : `l${i - 1}/`}${'d/'.repeat(400)}`),
  ]);
  refuses(t, /folders deep/, ...ever);
});

test('what is of no known kind is refused', (t) => {
  refuses(t, /not known here/, [{ name: 'a', type: null as unknown as 'file' }]);
  refuses(t, /link to nowhere/, [{ name: 'a', type: 'symlink', linkname: '' }]);
});

test('owners and modes are kept, those in pax headers too', (t) => {
  const pax = { uid: '1000650000', gid: '3000000' };
  const tree = treeOf([
    { name: 'a', mode: 0o104755, uid: 7, gid: 8, mtime: new Date(9000) },
    { name: 'b', pax } as Entry,
  ]);
  const [a, b] = ['a', 'b'].map((path) => tree.find(path));
  t.deepEqual(a?.kind === 'leaf' ? a.inode.attributes : undefined, { mode: 0o4755, uid: 7, gid: 8, mtime: 9 });
  t.like(b?.kind === 'leaf' ? b.inode.attributes : undefined, { uid: 1_000_650_000, gid: 3_000_000 });
});

test('programs are found through links', (t) => {
  const tree = treeOf([{ name: 'usr/bin/bash', mode: 0o755 }, link('bin', 'usr/bin'), link('usr/bin/sh', '/bin/bash')]);
  const found = tree.find('/bin/sh');
  t.is(found?.kind === 'leaf' ? found.inode.index : undefined, 0);
  t.is(tree.find('/bin/zsh'), undefined);
  t.is(tree.find('/bin/sh/x'), undefined);
  t.is(treeOf([link('bin', 'sbin'), link('sbin', 'bin')]).find('/bin/sh'), undefined, 'a circle leads to none');
});
