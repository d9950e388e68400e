import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { HostFault, WrongInput } from '../../runner/host/fault.ts';
import { buildImage } from '../../runner/image/build.ts';
import { openImage } from '../../runner/image/open.ts';
import { imageTree } from '../../runner/image/tree.ts';
import { ownCache } from './cache-folder.ts';

const { folder } = ownCache(test);

/** A folder with a definition, whose `from` is given as flow YAML. */
function definition(name: string, from: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'lightv.yaml'), `name: ${name}\nversion: "1"\nfrom: ${from}\n`);
  return path;
}

/** What a failed or ended build must not leave in the cache. */
function remains(cache = join(folder, 'cache')): string[] {
  const images = join(cache, 'images');
  return existsSync(images) ? readdirSync(images).filter((name) => name.includes('.making')) : [];
}

async function inCache<T>(cache: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.LIGHTV_CACHE_DIR;
  process.env.LIGHTV_CACHE_DIR = cache;
  try {
    return await work();
  } finally {
    process.env.LIGHTV_CACHE_DIR = before;
  }
}

test.serial('busybox is under 3 MB, runs, and is the same when built again', async (t) => {
  const image = await openImage('busybox');
  t.true(image.size < 3_000_000, `${image.size} bytes`);
  t.is(image.size % 4096, 0);
  const tree = await imageTree(image);
  t.is(execFileSync(join(tree, 'bin/busybox'), ['echo', 'hello'], { encoding: 'utf8' }), 'hello\n');
  t.is(readlinkSync(join(tree, 'bin/sh')), '/bin/busybox');
  for (const mountPoint of ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'workspace', 'var/tmp']) {
    t.true(lstatSync(join(tree, mountPoint)).isDirectory(), mountPoint);
  }
  t.is(statSync(join(tree, 'tmp')).mode & 0o7777, 0o1777);
  const again = await inCache(join(folder, 'second'), () => openImage('busybox'));
  t.not(again.path, image.path);
  t.is(again.digest, image.digest);
});

test.serial('files, modes, links and globs come out as defined, whatever the umask', async (t) => {
  const path = definition(
    'made',
    '{folders: [{path: /tmp, mode: "1777"}], files: [{path: /etc/a, content: hello, mode: "600"}, {path: /l, link: /etc/a}, {path: /bin/, from: "*.sh"}]}'.replace(
      '/bin/,',
      '/bin,',
    ),
  );
  writeFileSync(join(path, 'one.sh'), '1', { mode: 0o755 });
  writeFileSync(join(path, 'two.sh'), '2', { mode: 0o640 });
  const umask = process.umask(0o077);
  const image = await buildImage(path).finally(() => process.umask(umask));
  const tree = await imageTree(image);
  const mode = (file: string) => (lstatSync(join(tree, file)).mode & 0o7777).toString(8);
  t.deepEqual(['.', 'tmp', 'etc', 'etc/a', 'bin', 'bin/one.sh', 'bin/two.sh'].map(mode), [
    '755',
    '1777',
    '755',
    '600',
    '755',
    '755',
    '644',
  ]);
  t.is(readlinkSync(join(tree, 'l')), '/etc/a');
  writeFileSync(join(path, 'two.sh'), '22');
  t.not((await buildImage(path)).digest, image.digest, 'a changed file makes another image');
});

test.serial('a link of the definition does not lead a file of it out of the image', async (t) => {
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  const path = definition('escape', `{files: [{path: /out, link: ${outside}}, {path: /out/x, content: x}]}`);
  const error = await t.throwsAsync(buildImage(path), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /something above it is no folder/);
  t.deepEqual(readdirSync(outside), []);
  t.deepEqual(remains(), []);
});

test.serial('two processes that build one image at once make it once', async (t) => {
  const path = definition('once', '{files: [{path: /etc/a, content: a}]}');
  const program = join(import.meta.dirname, 'build-one.ts');
  const env = { LIGHTV_CACHE_DIR: join(folder, 'third') };
  const both = await Promise.all(
    [1, 2].map(() => execa(process.execPath, ['--import=tsx', program, path], { env, timeout: 60_000 })),
  );
  const [one, two] = both.map(({ stdout }) => JSON.parse(stdout) as { digest: string; path: string; built: boolean });
  t.is(one?.path, two?.path);
  t.is(one?.digest, two?.digest);
  t.deepEqual([one?.built, two?.built].sort(), [false, true]);
  t.deepEqual(remains(env.LIGHTV_CACHE_DIR), []);
});

test.serial('a build that is aborted leaves nothing and throws the reason', async (t) => {
  const path = definition('stopped', '{files: [{path: /etc/a, content: a}]}');
  const stop = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => stop.abort(reason);
  t.is(await t.throwsAsync(buildImage(path, { signal: stop.signal, onProgress })), reason);
  t.deepEqual(remains(), []);
  t.truthy((await buildImage(path)).digest, 'and the next one is not in its way');
});

test.serial('a full disk is a fault of the host that names it, and leaves nothing', async (t) => {
  const cache = join(folder, 'tiny');
  mkdirSync(cache);
  const path = definition('big', '{files: [{path: /etc/a, from: noise}]}');
  writeFileSync(join(path, 'noise'), Buffer.alloc(1024 * 1024, 'x'));
  const build = join(import.meta.dirname, 'build-one.ts');
  // A mount namespace of its own: the mount goes with the process.
  const script = 'mount -t tmpfs -o size=512k none "$1" && "$2" --import=tsx "$3" "$4"; ls "$1/images"';
  const argv = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', script];
  const env = { LIGHTV_CACHE_DIR: cache };
  const result = await execa('unshare', [...argv, 'sh', cache, process.execPath, build, path], { env, reject: false });
  t.regex(result.stderr, /HostFault/);
  t.regex(result.stderr, /no space left on device/i);
  t.notRegex(result.stdout, /making/);
});

test.serial('a cache that cannot be written is a fault of the host that names it', async (t) => {
  const path = definition('nowhere', '{files: [{path: /etc/a, content: a}]}');
  const inTheWay = join(folder, 'a-file');
  writeFileSync(inTheWay, '');
  const error = await inCache(join(inTheWay, 'cache'), () =>
    t.throwsAsync(buildImage(path), { instanceOf: HostFault }),
  );
  t.regex(error?.message ?? '', /a-file/);
});

test.serial('a `from` that finds nothing is wrong input', async (t) => {
  for (const from of ['missing', '*.missing', '/nowhere/x']) {
    const path = definition(`lost-${from.length}`, `{files: [{path: /etc/a, from: "${from}"}]}`);
    await t.throwsAsync(buildImage(path), { instanceOf: WrongInput, message: /finds no file/ });
  }
});

test.serial('a program that is to be linked and is not there is told', async (t) => {
  const linked = '[{program: /bin/none, loader: /opt/ld.so, libraries: [/opt/lib]}]';
  const path = definition('unlinked', `{folders: [/bin], linked: ${linked}}`);
  await t.throwsAsync(buildImage(path), { instanceOf: WrongInput, message: /`linked` of the image names \/bin\/none/ });
  t.deepEqual(remains(), []);
});

test.serial('a program finds the loader and the libraries of a fixed place', async (t) => {
  const linked = '[{program: /bin/hostname, loader: /nowhere/ld.so, libraries: [/nowhere/lib, /nowhere/more]}]';
  const image = await buildImage(definition('linked', `{unpack: [hostname], linked: ${linked}}`));
  const program = join(await imageTree(image), 'bin/hostname');
  const told = execFileSync('readelf', ['--dynamic', '--program-headers', program], { encoding: 'utf8' });
  t.regex(told, /program interpreter: \/nowhere\/ld\.so\]/);
  t.regex(told, /\(RPATH\) +Library rpath: \[\/nowhere\/lib:\/nowhere\/more\]/);
});
