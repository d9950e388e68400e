import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { execaSync } from 'execa';
import { HostFault, WrongInput } from '../../../runner/host/fault.ts';
import { type PullOptions, pullImage } from '../../../runner/image/oci/pull.ts';
import { parseOciReference } from '../../../runner/image/oci/reference.ts';
import { imageExists, openImage, unknownImage } from '../../../runner/image/open.ts';
import { imageTree } from '../../../runner/image/tree.ts';
import { collect, tarOf } from '../../ground/tar.ts';
import { fakeRegistry } from '../../registry/fake.ts';
import { digest, hostArchitecture, makeImage, makeIndex } from '../../registry/image.ts';
import { ownCache } from '../cache-folder.ts';

const { folder } = ownCache(test);

/** No test waits: further tries come at once. */
const quick = { pauses: [0, 0], patience: 60_000 } as const;

async function pull(text: string, options: PullOptions = {}) {
  const of = parseOciReference(text);
  if (typeof of === 'string') {
    throw new Error(of);
  }
  return await pullImage(of, { ...quick, ...options });
}

async function refused(t: ExecutionContext, text: string, why: RegExp, options: PullOptions = {}): Promise<void> {
  const error = await t.throwsAsync(pull(text, options), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', why);
}

async function fails(t: ExecutionContext, text: string, why: RegExp, options: PullOptions = {}): Promise<void> {
  const error = await t.throwsAsync(pull(text, options), { instanceOf: HostFault });
  t.regex(error?.message ?? '', why);
}

/** What a failed pull must not leave in the cache. */
function remains(): string[] {
  return readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.making/.test(name),
  );
}

const hello = [
  { name: 'bin/', type: 'directory', mtime: new Date(0) },
  { name: 'bin/sh', mode: 0o755, mtime: new Date(0), text: 'a shell' },
] as const;

test.serial('layers of both kinds become one image with what it says of itself', async (t) => {
  const registry = await fakeRegistry(t);
  const config = {
    Env: ['PATH=/opt/bin:/bin', 'WITH_EQUALS=a=b', 'EMPTY='],
    Entrypoint: ['/bin/sh', '-c'],
    Cmd: ['echo "two words"'],
    User: 'app:staff',
    WorkingDir: '/srv/app',
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000': {} },
    Volumes: { '/data': {} },
    Healthcheck: { Test: ['CMD-SHELL', 'check it'], Interval: 2_000_000_000, Retries: 5 },
  };
  const base = [
    ...hello,
    { name: 'bin/bash', type: 'link', linkname: 'bin/sh' },
    { name: 'etc/secret', mode: 0o600, uid: 7, gid: 8, text: 'x' },
    { name: 'etc/nothing', text: '' },
    { name: 'etc/closed', mode: 0o100000, text: 'nobody reads' },
    { name: 'gone', text: 'x' },
    { name: 'dev/sda', type: 'block-device', devmajor: 8 },
    { name: 'tmp', type: 'symlink', linkname: '/var/tmp' },
  ] as const;
  const top = [
    { name: '.wh.gone', text: '' },
    { name: 'usr/bin/su', mode: 0o4755, text: 'setuid' },
    { name: 'usr/share/Főtanúsítvány', text: 'a name' },
    { name: `${'long/'.repeat(40)}file`, text: 'deep' },
    { name: 'link', type: 'symlink', linkname: '/etc/secret' },
  ] as const;
  for (const docker of [false, true]) {
    const image = await makeImage({ layers: [base, top], config, docker });
    registry.put('octo/app', docker ? 'docker' : 'oci', image);
    const pulled = await pull(`${registry.host}/octo/app:${docker ? 'docker' : 'oci'}`);
    t.like(pulled, { name: 'app', version: image.digest });
    t.deepEqual(pulled.config, {
      env: { PATH: '/opt/bin:/bin', WITH_EQUALS: 'a=b', EMPTY: '' },
      shells: ['/bin/bash', '/bin/sh'],
      memory: 1024 ** 3,
      minMemory: 128 * 1024 ** 2,
      container: {
        entrypoint: ['/bin/sh', '-c'],
        cmd: ['echo "two words"'],
        user: 'app:staff',
        workingDir: '/srv/app',
        ports: [
          { port: 8000, protocol: 'tcp' },
          { port: 80, protocol: 'tcp' },
          { port: 53, protocol: 'udp' },
        ],
        volumes: ['/data'],
        health: { command: ['/bin/sh', '-c', 'check it'], interval: 2000, timeout: 30_000, retries: 5, startPeriod: 0 },
      },
    });
    const tree = await imageTree(pulled);
    const at = (path: string) => lstatSync(join(tree, path));
    t.is(readFileSync(join(tree, 'bin/bash'), 'utf8'), 'a shell');
    t.is(at('bin/bash').ino, at('bin/sh').ino, 'hard links stay what they are');
    t.is(at('usr/bin/su').mode & 0o7777, 0o4755);
    t.is(at('etc/closed').mode & 0o7777, 0);
    t.is(at('etc/nothing').size, 0);
    t.deepEqual([at('etc/secret').mode & 0o7777, process.getuid?.() === 0 ? at('etc/secret').uid : 7], [0o600, 7]);
    t.is(readFileSync(join(tree, 'usr/share/Főtanúsítvány'), 'utf8'), 'a name');
    t.is(readFileSync(join(tree, `${'long/'.repeat(40)}file`), 'utf8'), 'deep');
    t.is(readlinkSync(join(tree, 'link')), '/etc/secret');
    t.false(existsSync(join(tree, 'gone')) || existsSync(join(tree, 'dev/sda')));
    t.true(at('tmp').isDirectory(), 'what machines mount on is a folder');
    t.is(at('tmp').mode & 0o7777, 0o1777);
  }
});

test.serial('owners with long numbers, pipes and old times come through', async (t) => {
  const registry = await fakeRegistry(t);
  const pax = { uid: '1000650000', gid: '3000000' };
  const odd = [
    { name: 'long', pax, mtime: new Date(86_400_000), text: 'x' },
    { name: 'pipe', type: 'fifo', mode: 0o640, mtime: new Date(0) },
  ] as const;
  registry.put('odd', '1', await makeImage({ layers: [odd] }));
  const { path } = await pull(`${registry.host}/odd:1`);
  const { stdout } = execaSync('unsquashfs', ['-lln', '-UTC', path]);
  t.regex(stdout, /^-rw-r--r-- 1000650000\/3000000 +1 1970-01-02 00:00 squashfs-root\/long$/m);
  t.regex(stdout, /^prw-r----- 0\/0 +0 1970-01-01 00:00 squashfs-root\/pipe$/m);
});

test.serial('layers may be packed with gzip, zstd or not at all, several members included', async (t) => {
  const registry = await fakeRegistry(t);
  const zstd = (tar: Buffer) => Buffer.from(execaSync('zstd', ['-c', '-q'], { input: tar, encoding: 'buffer' }).stdout);
  const packs = {
    plain: (tar: Buffer) => tar,
    gzip: (tar: Buffer) => gzipSync(tar),
    members: (tar: Buffer) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
    zstd,
  };
  const trees = new Set<string>();
  for (const [name, pack] of Object.entries(packs)) {
    registry.put(name, 'latest', await makeImage({ layers: [hello], pack }));
    trees.add((await pull(`${registry.host}/${name}`)).digest);
  }
  t.is(trees.size, 1, 'and the file system is the same');
});

test.serial('of an index the image for this machine is taken', async (t) => {
  const registry = await fakeRegistry(t);
  const other = hostArchitecture === 'arm64' ? 'amd64' : 'arm64';
  const image = await makeImage({ layers: [hello] });
  const foreign = await makeImage({ layers: [hello], architecture: other });
  const { index, manifests } = makeIndex([
    { image: foreign, platform: { os: 'linux', architecture: other } },
    { image: foreign, platform: { os: 'windows', architecture: hostArchitecture } },
    { image: foreign, platform: { os: 'unknown', architecture: 'unknown' } },
    { image, platform: { os: 'linux', architecture: hostArchitecture } },
  ]);
  registry.put('many', '1', index);
  for (const each of manifests) {
    registry.put('many', 'platform', each);
  }
  t.is((await pull(`${registry.host}/many:1`)).version, image.digest);
  t.is((await pull(`${registry.host}/many@${index.digest}`)).version, image.digest);
  const nothing = makeIndex([{ image: foreign, platform: { os: 'linux', architecture: other, variant: 'v7' } }]);
  registry.put('none', '1', nothing.index);
  await refused(t, `${registry.host}/none:1`, new RegExp(`is not there for linux/.*it is for linux/${other}/v7`));
  registry.put('wrong', '1', foreign);
  await refused(t, `${registry.host}/wrong:1`, new RegExp(`is for linux/${other}; this machine runs linux/`));
});

test.serial('what is here is not downloaded again', async (t) => {
  const registry = await fakeRegistry(t);
  const image = await makeImage({ layers: [hello, [{ name: 'once', text: '1' }]] });
  const more = await makeImage({ layers: [hello, [{ name: 'once', text: '1' }], [{ name: 'more', text: '2' }]] });
  registry.put('kept', '1', image);
  registry.put('kept', '2', more);
  const first = await pull(`${registry.host}/kept:1`);
  registry.asked.length = 0;
  t.is((await pull(`${registry.host}/kept:1`)).path, first.path);
  t.deepEqual(registry.asked, ['GET /v2/kept/manifests/1'], 'a tag is asked for anew, its image is here');
  registry.asked.length = 0;
  await pull(`${registry.host}/kept:2`);
  t.is(registry.asked.filter((path) => path.includes('/blobs/')).length, 2, 'layers of other images are used');
  await pull(`${registry.host}/kept@${image.digest}`);
  registry.asked.length = 0;
  t.is((await pull(`${registry.host}/kept@${image.digest}`)).path, first.path);
  t.deepEqual(registry.asked, [], 'a digest that is here is not asked for');
});

test.serial('two pulls at once download once', async (t) => {
  const registry = await fakeRegistry(t);
  registry.put('once', '1', await makeImage({ layers: [[{ name: 'shared', text: 'once' }]] }));
  const both = await Promise.all([pull(`${registry.host}/once:1`), pull(`${registry.host}/once:1`)]);
  t.is(both[0]?.path, both[1]?.path);
  t.is(registry.asked.filter((path) => path.includes('/blobs/')).length, 2, 'one layer and one configuration');
});

test.serial('a registry that cannot be reached leaves the image it gave last, and that is told', async (t) => {
  const registry = await fakeRegistry(t);
  registry.put('offline', '1', await makeImage({ layers: [[{ name: 'a', text: 'offline' }]] }));
  const image = await pull(`${registry.host}/offline:1`);
  registry.fault = (_, response) => {
    response.destroy();
    return true;
  };
  const told: string[] = [];
  t.is((await pull(`${registry.host}/offline:1`, { onProgress: (line) => told.push(line) })).path, image.path);
  t.regex(told.join('\n'), /could not be asked for .*: what was pulled last is used/);
  await fails(t, `${registry.host}/offline:2`, /could not pull .*offline:2: 127\.0\.0\.1/);
  await registry.close();
  await fails(t, `${registry.host}/offline:3`, /ECONNREFUSED/);
});

test.serial('what is not there, and what is no image, is the reference’s fault', async (t) => {
  const registry = await fakeRegistry(t);
  await refused(t, `${registry.host}/nobody:1`, /there is no image 127\.0\.0\.1:\d+\/nobody:1/);
  const image = await makeImage({ layers: [hello] });
  registry.put('chart', '1', { ...image, mediaType: 'x', manifest: Buffer.from('{"mediaType":"application/helm"}') });
  await refused(t, `${registry.host}/chart:1`, /document of type "application\/helm", and no image/);
  registry.put('old', '1', {
    ...image,
    mediaType: 'application/vnd.docker.distribution.manifest.v1+json',
    manifest: Buffer.from('{}'),
  });
  await refused(t, `${registry.host}/old:1`, /schema 1/);
  registry.put('text', '1', { ...image, manifest: Buffer.from('<html>') });
  await refused(t, `${registry.host}/text:1`, /it is no JSON/);
  registry.put('broken', '1', {
    ...image,
    manifest: Buffer.from('{"config":{"digest":"sha256:x","size":1},"layers":[]}'),
  });
  await refused(t, `${registry.host}/broken:1`, /wrong at config\.digest/);
});

test.serial('layers that would leave the image are refused, and nothing is left of them', async (t) => {
  const registry = await fakeRegistry(t);
  registry.put('climbs', '1', await makeImage({ layers: [[{ name: '../../etc/passwd', text: 'x' }]] }));
  await refused(t, `${registry.host}/climbs:1`, /leads out of the image/);
  registry.put('links', '1', await makeImage({ layers: [[{ name: 'a', type: 'link', linkname: '/etc/shadow' }]] }));
  await refused(t, `${registry.host}/links:1`, /no file of the image/);
  registry.put('bomb', '1', await makeImage({ layers: [[{ name: 'zeros', text: '0'.repeat(100_000) }]] }));
  await refused(t, `${registry.host}/bomb:1`, /more than 50000 bytes/, { bounds: { bytes: 50_000, entries: 10 } });
  registry.put(
    'many',
    'x',
    await makeImage({ layers: [Array.from({ length: 12 }, (_, i) => ({ name: `f${i}`, text: '' }))] }),
  );
  await refused(t, `${registry.host}/many:x`, /or 10 entries/, { bounds: { bytes: 50_000, entries: 10 } });
  t.deepEqual(remains(), []);
});

test.serial('layers that cannot be unpacked, or are not what the configuration says, are refused', async (t) => {
  const registry = await fakeRegistry(t);
  const tar = await collect(tarOf({ name: 'a', text: 'x' }));
  registry.put(
    'torn',
    '1',
    await makeImage({ layers: [tar.subarray(0, 700)], diffIds: [digest(tar.subarray(0, 700))] }),
  );
  await refused(t, `${registry.host}/torn:1`, /cannot be unpacked: Unexpected end/);
  registry.put('noise', '1', await makeImage({ layers: [Buffer.alloc(2048, 7)] }));
  await refused(t, `${registry.host}/noise:1`, /cannot be unpacked/);
  registry.put('gzip', '1', await makeImage({ layers: [hello], pack: (all) => gzipSync(all).subarray(0, 60) }));
  await refused(t, `${registry.host}/gzip:1`, /cannot be unpacked: unexpected end of file/);
  const zstd = (all: Buffer) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), all.subarray(0, 100)]);
  registry.put('zstd', '1', await makeImage({ layers: [hello], pack: zstd }));
  await refused(t, `${registry.host}/zstd:1`, /cannot be unpacked/);
  registry.put('other', '1', await makeImage({ layers: [hello], diffIds: [digest(Buffer.from('else'))] }));
  await refused(t, `${registry.host}/other:1`, /its contents have the digest/);
  registry.put('fewer', '1', await makeImage({ layers: [hello, hello], diffIds: [digest(tar)] }));
  await refused(t, `${registry.host}/fewer:1`, /has 2 layers, its configuration says 1/);
  t.deepEqual(remains(), []);
});

test.serial('a layer that was damaged in the cache is downloaded anew', async (t) => {
  const registry = await fakeRegistry(t);
  const image = await makeImage({ layers: [[{ name: 'rotten', text: 'rotten' }]], pack: (tar) => tar });
  const other = await makeImage({
    layers: [[{ name: 'rotten', text: 'rotten' }]],
    pack: (tar) => tar,
    config: { User: 'b' },
  });
  registry.put('rot', '1', image);
  registry.put('rot', '2', other);
  await pull(`${registry.host}/rot:1`);
  const layer = [...image.blobs.keys()][1] ?? '';
  const file = join(folder, 'cache/oci/blobs', layer.replace(':', '-'));
  const bytes = readFileSync(file);
  writeFileSync(
    file,
    bytes.map((byte, at) => (at === 600 ? byte ^ 1 : byte)),
  );
  t.is((await pull(`${registry.host}/rot:2`)).config.container?.user, 'b');
  t.deepEqual(readFileSync(file), bytes);
  truncateSync(file, 10);
  const third = await makeImage({
    layers: [[{ name: 'rotten', text: 'rotten' }]],
    pack: (tar) => tar,
    config: { User: 'c' },
  });
  registry.put('rot', '3', third);
  t.is((await pull(`${registry.host}/rot:3`)).config.container?.user, 'c');
});

test.serial('layers used last the longest ago make room', async (t) => {
  const registry = await fakeRegistry(t);
  for (const name of ['first', 'second']) {
    registry.put(name, '1', await makeImage({ layers: [[{ name, text: 'x'.repeat(5000) }]], pack: (tar) => tar }));
  }
  const blobs = () => readdirSync(join(folder, 'cache/oci/blobs')).filter((name) => name.startsWith('sha256-')).length;
  await pull(`${registry.host}/first:1`, { cacheLimit: 0 });
  t.is(blobs(), 0);
  await pull(`${registry.host}/second:1`, { cacheLimit: 100_000 });
  t.is(blobs(), 2);
});

test.serial('an aborted pull throws the reason and leaves nothing', async (t) => {
  const registry = await fakeRegistry(t);
  const stop = new AbortController();
  const reason = new Error('enough');
  registry.put('slow', '1', await makeImage({ layers: [[{ name: 'slow', text: 'slow' }]] }));
  registry.fault = ({ url }, response) => {
    if (url?.includes('/blobs/')) {
      response.writeHead(200).write('a beginning');
      stop.abort(reason);
      return true;
    }
    return false;
  };
  t.is(await t.throwsAsync(pull(`${registry.host}/slow:1`, { signal: stop.signal })), reason);
  t.deepEqual(remains(), []);
});

test.serial('a reference stands among those of other images', async (t) => {
  const registry = await fakeRegistry(t);
  const image = await makeImage({ layers: [[{ name: 'opened', text: 'x' }]] });
  registry.put('opened', '1', image);
  t.is((await openImage(`docker://${registry.host}/opened:1`)).version, image.digest);
  t.true(imageExists('docker://debian:12'));
  t.false(imageExists('docker://Debian'));
  t.regex(unknownImage('docker://Debian'), /`docker:\/\/Debian` names no image: "library\/Debian"/);
});
