import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Answer } from './ground.ts';
import { Client, ground, type Told, told } from './ground.ts';

const v = 'a1'.repeat(32);

/** Saves a cache from beginning to end; the answer to its last request. */
async function save(t: ExecutionContext, client: Client, key: string, text: string, version = v): Promise<Told> {
  const begun = await client.good(t, 'Cache', 'CreateCacheEntry', { key, version });
  t.is((await client.ask('PUT', begun.signed_upload_url ?? '', { body: text })).status, 201);
  return await client.good(t, 'Cache', 'FinalizeCacheEntryUpload', { key, version, size_bytes: `${text.length}` });
}

/** The key that answers, and what it holds. */
async function find(
  t: ExecutionContext,
  client: Client,
  key: string,
  restoreKeys: readonly string[] = [],
  version = v,
) {
  const found = await client.good(t, 'Cache', 'GetCacheEntryDownloadURL', { key, restore_keys: restoreKeys, version });
  if (found.ok !== true) {
    return undefined;
  }
  return [found.matched_key, (await client.ask('GET', found.signed_download_url ?? '')).body.toString()];
}

const later = () => new Promise((resolve) => setTimeout(resolve, 5));

test('a cache is found by its key, else by the newest that a key begins, and only in its version', async (t) => {
  const client = await Client.of(ground(t));
  t.is(await find(t, client, 'npm-a', ['npm-']), undefined);
  t.like(await save(t, client, 'npm-a', 'first'), { ok: true });
  await later();
  await save(t, client, 'npm-ab', 'second');
  t.deepEqual(await find(t, client, 'npm-a'), ['npm-a', 'first']);
  t.deepEqual(await find(t, client, 'npm-x', ['gem-', 'npm-']), ['npm-ab', 'second']);
  t.deepEqual(await find(t, client, 'npm'), ['npm-ab', 'second'], 'the key itself is the first that is tried so');
  t.is(await find(t, client, 'npm-a', [], 'b2'), undefined);
  t.is(await find(t, client, 'gem'), undefined);
});

test('a key is saved once; while one job is at it no other is', async (t) => {
  const at = ground(t);
  const [one, other] = [await Client.of(at, { id: 'one' }), await Client.of(at, { id: 'other' })];
  await one.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version: v });
  t.like(await other.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version: v }), { ok: false });
  await one.endpoint.close();
  t.like(await save(t, other, 'k', 'x'), { ok: true });
  t.like(await other.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version: v }), { ok: false });
});

test('another run that was faster with a key has it', async (t) => {
  const at = ground(t);
  const run = await Client.of(at);
  const begun = await run.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version: v });
  await run.ask('PUT', begun.signed_upload_url ?? '', { body: 'mine' });
  const other = await Client.of(ground(t, { home: at.home }));
  t.like(await save(t, other, 'k', 'theirs'), { ok: true });
  const ended = await run.good(t, 'Cache', 'FinalizeCacheEntryUpload', { key: 'k', version: v, size_bytes: 4 });
  t.like(ended, { ok: false });
  t.deepEqual(await find(t, run, 'k'), ['k', 'theirs']);
});

test('a branch reads its own caches, its base’s and the default branch’s, in this order, and writes its own', async (t) => {
  const at = ground(t);
  const event = { repository: { default_branch: 'trunk' } };
  const on = async (ref: string, base = '') => await Client.of(at, { id: ref, github: { ref, base_ref: base, event } });
  const trunk = await on('refs/heads/trunk');
  const release = await on('refs/heads/release');
  const pull = await on('refs/pull/7/merge', 'release');
  await save(t, trunk, 'k', 'of trunk');
  t.deepEqual(await find(t, pull, 'k'), ['k', 'of trunk']);
  await save(t, release, 'k', 'of release');
  t.deepEqual(await find(t, pull, 'k'), ['k', 'of release']);
  await save(t, pull, 'k', 'of the pull request');
  t.deepEqual(await find(t, pull, 'k'), ['k', 'of the pull request']);
  t.deepEqual(await find(t, release, 'k'), ['k', 'of release']);
  t.deepEqual(await find(t, trunk, 'k'), ['k', 'of trunk']);
});

test('an entry is downloaded by signed addresses of jobs that may read it, in ranges too, until it is gone', async (t) => {
  const at = ground(t, { limit: 10 });
  const client = await Client.of(at);
  await save(t, client, 'k', '12345678');
  const ask = { key: 'k', version: v };
  const { signed_download_url: url = '' } = await client.good(t, 'Cache', 'GetCacheEntryDownloadURL', ask);
  t.is((await client.ask('HEAD', url)).headers['content-length'], '8');
  t.is((await client.ask('GET', url, { headers: { Range: 'bytes=-3' } })).body.toString(), '678');
  await save(t, client, 'other', 'abcdefgh');
  t.is((await client.ask('GET', url)).status, 404);
});

test('keys and versions that are none, and uploads that are not what they were to be', async (t) => {
  const client = await Client.of(ground(t));
  const code = async (method: string, request: object) => told(await client.twirp('Cache', method, request)).code;
  t.is(await code('CreateCacheEntry', { key: 'a,b', version: v }), 'invalid_argument');
  t.is(await code('CreateCacheEntry', { key: 'x'.repeat(513), version: v }), 'invalid_argument');
  t.is(await code('CreateCacheEntry', { key: '', version: v }), 'invalid_argument');
  t.is(await code('CreateCacheEntry', { key: 'k', version: '../x' }), 'invalid_argument');
  const many = Array.from({ length: 10 }, (_, index) => `${index}`);
  t.is(await code('GetCacheEntryDownloadURL', { key: 'k', version: v, restore_keys: many }), 'invalid_argument');
  t.is(await code('FinalizeCacheEntryUpload', { key: 'k', version: v, size_bytes: '1' }), 'not_found');
  const begun = await client.good(t, 'Cache', 'CreateCacheEntry', { key: 'k', version: v });
  await client.ask('PUT', begun.signed_upload_url ?? '', { body: 'xyz' });
  t.is(await code('FinalizeCacheEntryUpload', { key: 'k', version: v, size_bytes: '4' }), 'invalid_argument');
  t.is(await find(t, client, 'k'), undefined);
});

/** One request to version 1. */
async function ask(client: Client, method: string, path: string, body: object | string = '', range?: string) {
  const headers = { 'Content-Type': 'application/json', ...(range === undefined ? {} : { 'Content-Range': range }) };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const url = `${client.variables.ACTIONS_CACHE_URL}_apis/artifactcache/${path}`;
  return await client.ask(method, url, { token: client.token, body: text, headers });
}

const status = ({ status: code }: Answer) => code;

test('version 1 finds what version 2 saved, and the other way round', async (t) => {
  const client = await Client.of(ground(t));
  t.is(status(await ask(client, 'GET', `cache?keys=k,npm-&version=${v}`)), 204);
  await save(t, client, 'npm-2', 'two');
  const found = told(await ask(client, 'GET', `cache?keys=k,npm-&version=${v}`));
  t.like(found, { cacheKey: 'npm-2', scope: 'refs/heads/main' });
  t.is((await client.ask('GET', found.archiveLocation ?? '')).body.toString(), 'two');

  const reserved = await ask(client, 'POST', 'caches', { key: 'k', version: v, cacheSize: 10 });
  t.is(status(reserved), 201);
  const { cacheId } = told(reserved);
  t.is(status(await ask(client, 'POST', 'caches', { key: 'k', version: v })), 409);
  // In any order, and one of them again.
  t.is(status(await ask(client, 'PATCH', `caches/${cacheId}`, 'world', 'bytes 5-9/*')), 204);
  t.is(status(await ask(client, 'PATCH', `caches/${cacheId}`, 'HELLO', 'bytes 0-4/*')), 204);
  t.is(status(await ask(client, 'PATCH', `caches/${cacheId}`, 'hello', 'bytes 0-4/*')), 204);
  t.is(status(await ask(client, 'POST', `caches/${cacheId}`, { size: 10 })), 204);
  t.deepEqual(await find(t, client, 'k'), ['k', 'helloworld']);
  t.like(told(await ask(client, 'GET', 'caches?key=npm')), { totalCount: 1 });
});

test('version 1 refuses gaps, sizes that are not true, numbers it did not give and whoever has no token', async (t) => {
  const at = ground(t);
  const client = await Client.of(at);
  const begin = async (key: string) => told(await ask(client, 'POST', 'caches', { key, version: v })).cacheId;
  const gap = await begin('gap');
  await ask(client, 'PATCH', `caches/${gap}`, 'hello', 'bytes 5-9/*');
  t.is(status(await ask(client, 'POST', `caches/${gap}`, { size: 5 })), 400);
  const short = await begin('short');
  await ask(client, 'PATCH', `caches/${short}`, 'hello', 'bytes 0-4/*');
  t.is(status(await ask(client, 'POST', `caches/${short}`, { size: 6 })), 400);
  t.is(status(await ask(client, 'PATCH', `caches/${await begin('x')}`, 'hello')), 400);
  t.is(status(await ask(client, 'POST', 'caches/99', { size: 6 })), 404);
  t.is(status(await ask(client, 'DELETE', 'caches/99')), 404);
  t.is(status(await client.ask('GET', `/_apis/artifactcache/cache?keys=k&version=${v}`)), 401);
  await client.endpoint.close();
  t.deepEqual(readdirSync(join(at.home, 'services', 'uploads')), []);
});
