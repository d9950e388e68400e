import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { fromBufferPromise } from 'yauzl';
import { contentsOf, tarOf } from '../../ground/tar.ts';
import { type Answer, Client, ground, told } from './ground.ts';
import { rawZip, zipOf } from './zips.ts';

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test('what one job uploads in blocks another one lists and downloads, byte for byte', async (t) => {
  const at = ground(t);
  const maker = await Client.of(at, { id: 'make' }, 'up');
  const zip = await zipOf({ 'a.txt': 'hello', 'deep/b.txt': randomBytes(50_000).toString('hex') });
  const begun = await maker.good(t, 'Artifact', 'CreateArtifact', { ...maker.ids, name: 'stuff', version: 4 });
  await maker.putBlocks(t, begun.signed_upload_url ?? '', [
    zip.subarray(0, 1000),
    zip.subarray(1000, 2500),
    zip.subarray(2500),
  ]);
  const size = `${zip.length}`;
  const ended = await maker.good(t, 'Artifact', 'FinalizeArtifact', {
    ...{ ...maker.ids, name: 'stuff', size, hash: sha256(zip) },
  });
  t.is(ended.artifact_id, '1');
  t.deepEqual(maker.told, [{ name: 'stuff', files: 2, bytes: 100_005, step: 'up' }]);
  t.deepEqual(Object.keys(await contentsOf(at.store.open('stuff'))), ['a.txt', 'deep/', 'deep/b.txt']);

  const user = await Client.of(at, { id: 'use' });
  const { artifacts } = await user.good(t, 'Artifact', 'ListArtifacts', { ...user.ids, name_filter: 'stuff' });
  t.like(artifacts?.[0], { ...maker.ids, name: 'stuff', database_id: '1', size, digest: sha256(zip) });
  const { signed_url: url = '' } = await user.good(t, 'Artifact', 'GetSignedArtifactURL', {
    ...maker.ids,
    name: 'stuff',
  });
  const whole = await user.ask('GET', url);
  t.true(whole.body.equals(zip));
  t.like(whole.headers, { 'content-type': 'application/zip', 'content-length': size });
  const part = await user.ask('GET', url, { headers: { Range: 'bytes=10-19' } });
  t.is(part.status, 206);
  t.is(part.headers['content-range'], `bytes 10-19/${size}`);
  t.true(part.body.equals(zip.subarray(10, 20)));
});

test('a file that is no zip stays what it is', async (t) => {
  const at = ground(t);
  const client = await Client.of(at);
  const name = 'pagé "1".html'.replaceAll('"', '');
  t.is((await client.upload(t, name, Buffer.from('<h1>'), { mime_type: 'text/html' })).status, 200);
  t.deepEqual(await contentsOf(at.store.open(name)), { [name]: '<h1>' });
  const { signed_url: url = '' } = await client.good(t, 'Artifact', 'GetSignedArtifactURL', { ...client.ids, name });
  const { headers, body } = await client.ask('GET', url);
  t.is(body.toString(), '<h1>');
  t.is(headers['content-type'], 'text/html');
  t.is(headers['content-disposition'], `attachment; filename="pag_ 1.html"; filename*=UTF-8''pag%C3%A9%201.html`);
});

test('a name serves once a run, whichever job is at it, until it is taken back', async (t) => {
  const at = ground(t);
  const [one, other] = [await Client.of(at, { id: 'one' }), await Client.of(at, { id: 'other' }, 'again')];
  await one.good(t, 'Artifact', 'CreateArtifact', { ...one.ids, name: 'a' });
  const taken = await other.twirp('Artifact', 'CreateArtifact', { ...other.ids, name: 'a' });
  t.is(taken.status, 409);
  t.like(told(taken), { code: 'already_exists' });
  const zip = await zipOf({ x: '1' });
  await one.upload(t, 'b', zip);
  t.is((await other.twirp('Artifact', 'CreateArtifact', { ...other.ids, name: 'b' })).status, 409);
  const gone = await other.good(t, 'Artifact', 'DeleteArtifact', { ...other.ids, name: 'b' });
  t.is(gone.artifact_id, '1');
  t.deepEqual(other.told, [{ name: 'b', files: 1, bytes: 1, step: 'again', removed: true }]);
  t.deepEqual(at.store.list(), []);
  t.is((await other.twirp('Artifact', 'DeleteArtifact', { ...other.ids, name: 'b' })).status, 404);
  t.is(told(await other.upload(t, 'b', zip)).artifact_id, '2');
});

test('an answer that was lost is given again', async (t) => {
  const client = await Client.of(ground(t));
  const zip = await zipOf({ x: '1' });
  await client.upload(t, 'a', zip);
  const again = { ...client.ids, name: 'a', size: zip.length, hash: sha256(zip) };
  t.is((await client.good(t, 'Artifact', 'FinalizeArtifact', again)).artifact_id, '1');
  t.is(client.told.length, 1);
});

const small = zipOf({ x: '1' });
const refusals: Record<string, { bytes?: Buffer | Promise<Buffer>; last?: object; message: RegExp; status?: number }> =
  {
    'fewer bytes than announced': { last: { size: '5' }, message: /was to have 5 bytes, and \d+ came/ },
    'another digest': { last: { hash: sha256(Buffer.from('y')) }, message: /was to have the digest/ },
    'no zip at all': { bytes: Buffer.from('not a zip, but as long as the end of one'), message: /the zip is broken/ },
    'a zip cut short': { bytes: small.then((zip) => zip.subarray(0, -30)), message: /the zip is broken/ },
    'a path upwards': { bytes: rawZip('../../etc/x', 'x'), message: /the zip is broken|leads out/ },
    'an absolute path': { bytes: rawZip('/etc/x', 'x'), message: /the zip is broken|leads out/ },
    'a link out': { bytes: rawZip('link', '../../etc/passwd', { mode: 0o120777 }), message: /leads out/ },
    'more than the host has room for': {
      bytes: rawZip('x', 'x', { size: 0xffff_fffe, count: 60_000 }),
      status: 412,
      message: /no room for \d+ bytes/,
    },
    'more than it says': { bytes: rawZip('x', 'x'.repeat(5000), { size: 10 }), message: /the zip is broken/ },
  };

for (const [name, { bytes = small, last = {}, message, status = 400 }] of Object.entries(refusals)) {
  test(`an artifact is refused and its name free again: ${name}`, async (t) => {
    const at = ground(t);
    const client = await Client.of(at);
    const answer = await client.upload(t, 'a', await bytes, {}, last);
    t.is(answer.status, status, answer.body.toString());
    t.regex(told(answer).msg ?? '', message);
    t.deepEqual(at.store.list(), []);
    t.deepEqual(client.told, []);
    t.is((await client.upload(t, 'a', await small)).status, 200);
  });
}

test('names that no artifact may have, and requests that are none', async (t) => {
  const client = await Client.of(ground(t));
  for (const name of ['', 'a/b', 'a:b', '..', 'x'.repeat(300)]) {
    const answer = await client.twirp('Artifact', 'CreateArtifact', { ...client.ids, name });
    t.like(told(answer), { code: 'invalid_argument' }, name);
  }
  t.is((await client.twirp('Artifact', 'CreateArtifact', { name: 'a' })).status, 400);
  t.is((await client.twirp('Artifact', 'NoSuchMethod', client.ids)).status, 404);
  t.is((await client.twirp('Artifact', 'toString', client.ids)).status, 404);
  const path = '/twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts';
  const broken = { body: '{', headers: { 'Content-Type': 'application/json' }, token: client.token };
  t.is((await client.ask('POST', path, broken)).status, 400);
  t.is((await client.ask('POST', path, { ...broken, body: '"'.padEnd(300_000, 'x') })).status, 400);
  t.is((await client.ask('GET', '/elsewhere')).status, 404);
});

test('who has another job’s token, none, or speaks of another run is refused', async (t) => {
  const at = ground(t);
  const [one, other] = [await Client.of(at, { id: 'one' }), await Client.of(at, { id: 'other' })];
  const foreign = await Client.of(ground(t), { id: 'one' });
  const status = async (ids: object, token: string) =>
    (await one.twirp('Artifact', 'ListArtifacts', ids, token)).status;
  t.is(await status(one.ids, one.token), 200);
  t.is(await status(one.ids, other.token), 401);
  t.is(await status(one.ids, foreign.token), 401);
  t.is(await status(one.ids, ''), 401);
  t.is(await status(foreign.ids, one.token), 403);
  const asOther = await one.twirp('Artifact', 'CreateArtifact', { ...other.ids, name: 'a' });
  t.is(asOther.status, 403);
});

test('an address that was not signed, has been changed, is another job’s or too old is refused', async (t) => {
  const at = ground(t);
  const [client, other] = [await Client.of(at), await Client.of(at, { id: 'other' })];
  await client.upload(t, 'a', await small);
  const { signed_url: url = '' } = await client.good(t, 'Artifact', 'GetSignedArtifactURL', {
    ...client.ids,
    name: 'a',
  });
  const refused = async (who: Client, address: string) => (await who.ask('GET', address)).status === 403;
  t.false(await refused(client, url));
  t.true(await refused(other, url));
  t.true(await refused(client, url.replace('/artifact/1', '/artifact/2')));
  t.true(await refused(client, url.replace(/se=\d+/, 'se=99999999999999')));
  t.true(await refused(client, url.split('?')[0] ?? ''));
  t.is((await client.ask('PUT', url, { body: 'x' })).status, 405);
  at.later(3_600_001);
  t.true(await refused(client, url));
});

test('an upload is bounded in bytes and in what its list may name', async (t) => {
  const client = await Client.of(ground(t, { limit: 1000 }));
  const version = 'v';
  const { signed_upload_url: url = '' } = await client.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version });
  const put = async (id: string, body: Buffer | string) =>
    await client.ask('PUT', `${url}&comp=block&blockid=${id}`, { body });
  const code = ({ status, headers }: Answer) => `${status} ${headers['x-ms-error-code']}`;
  t.is((await put('YQ', Buffer.alloc(600))).status, 201);
  t.is(code(await put('Yg', Buffer.alloc(600))), '413 RequestBodyTooLarge');
  t.is((await put('YQ', Buffer.alloc(400))).status, 201, 'a block of the same id takes the place of the one before');
  t.is((await put('Yg', Buffer.alloc(500))).status, 201);
  const list = async (...ids: string[]) =>
    await client.ask('PUT', `${url}&comp=blocklist`, {
      body: `<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`,
    });
  t.is(code(await list('YQ', 'Yw')), '400 InvalidBlockList');
  t.is(code(await list('YQ', 'YQ', 'Yg')), '413 RequestBodyTooLarge');
  t.is((await list('YQ', 'Yg')).status, 201);
  t.is(code(await client.ask('PUT', `${url}&comp=blocklist`, { body: 'nonsense' })), '400 InvalidXmlDocument');
  t.is(code(await client.ask('PUT', `${url}&comp=page`, { body: 'x' })), '400 InvalidQueryParameterValue');
  t.is(code(await put('', 'x')), '400 InvalidQueryParameterValue');
});

test('an artifact that came into the store on another way is zipped for whoever downloads it', async (t) => {
  const at = ground(t);
  const entries = [
    { name: 'deep/', type: 'directory' as const },
    { name: 'deep/run.sh', text: '#!', mode: 0o755 },
    { name: 'a', text: 'one' },
  ];
  await at.store.save('earlier', tarOf(...entries));
  const client = await Client.of(at);
  const { artifacts } = await client.good(t, 'Artifact', 'ListArtifacts', { ...client.ids, id_filter: '1' });
  t.like(artifacts?.[0], { ...client.ids, name: 'earlier' });
  const ask = { ...client.ids, name: 'earlier' };
  const { signed_url: url = '' } = await client.good(t, 'Artifact', 'GetSignedArtifactURL', ask);
  const [one, two] = await Promise.all([client.ask('GET', url), client.ask('GET', url)]);
  t.true(one.body.equals(two.body));
  const found: Record<string, string> = {};
  const read = await fromBufferPromise(one.body);
  for await (const entry of read.eachEntry()) {
    const contents = entry.fileName.endsWith('/') ? '' : await text(await read.openReadStreamPromise(entry));
    found[entry.fileName] = `${contents} ${((entry.externalFileAttributes >>> 16) & 0o777).toString(8)}`;
  }
  t.deepEqual(found, { a: 'one 644', 'deep/': ' 775', 'deep/run.sh': '#! 755' });
});

test('nothing is left of what a job did not finish, nor of a run that has ended', async (t) => {
  const at = ground(t);
  const client = await Client.of(at);
  await client.upload(t, 'a', await small);
  const begun = await client.good(t, 'Artifact', 'CreateArtifact', { ...client.ids, name: 'b' });
  await client.ask('PUT', `${begun.signed_upload_url}&comp=block&blockid=YQ`, { body: 'x' });
  t.is(readdirSync(join(at.home, 'services', 'uploads')).length, 1);
  await client.endpoint.close();
  t.deepEqual(readdirSync(join(at.home, 'services', 'uploads')), []);
  const other = await Client.of(at, { id: 'other' });
  t.is((await other.upload(t, 'b', await small)).status, 200, 'the name is free again');
  await at.services.close();
  t.false(existsSync(join(at.home, 'services')));
  t.is(at.store.list().length, 2);
});

test('a host that cannot write says so', async (t) => {
  const at = ground(t);
  writeFileSync(join(at.home, 'services'), '');
  const client = await Client.of(at);
  const begun = await client.good(t, 'Artifact', 'CreateArtifact', { ...client.ids, name: 'a' });
  const answer = await client.ask('PUT', begun.signed_upload_url ?? '', { body: 'x' });
  t.is(answer.status, 500);
  t.regex(told(answer).msg ?? '', /could not make /);
  rmSync(join(at.home, 'services'));
});
