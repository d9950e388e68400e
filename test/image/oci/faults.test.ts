import type { IncomingMessage, ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { HostFault, WrongInput } from '../../../runner/host/fault.ts';
import { type PullOptions, pullImage } from '../../../runner/image/oci/pull.ts';
import { parseOciReference } from '../../../runner/image/oci/reference.ts';
import { type FakeRegistry, fakeRegistry } from '../../registry/fake.ts';
import { makeImage } from '../../registry/image.ts';
import { ownCache } from '../cache-folder.ts';

ownCache(test);

const credentials = { username: 'ada', password: 'difference engine' };
const basic = `Basic ${Buffer.from('ada:difference engine').toString('base64')}`;

let made = 0;

/** A registry with one image, of which nothing is in the cache. */
async function withImage(t: ExecutionContext): Promise<{ registry: FakeRegistry; name: string }> {
  const registry = await fakeRegistry(t);
  made += 1;
  registry.put('tool', '1', await makeImage({ layers: [[{ name: 'a', text: `image ${made}` }]] }));
  return { registry, name: `${registry.host}/tool:1` };
}

async function pull(text: string, options: PullOptions = {}) {
  const of = parseOciReference(text);
  if (typeof of === 'string') {
    throw new Error(of);
  }
  return await pullImage(of, { pauses: [0, 0], patience: 60_000, ...options });
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}, text = ''): true {
  response.writeHead(status, headers).end(text);
  return true;
}

const isBlob = ({ url }: IncomingMessage) => url?.includes('/blobs/') === true;

test.serial('a token is fetched where the registry says, and used for all that follows', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ url, headers }, response) => {
    if (url?.startsWith('/token')) {
      t.is(headers.authorization, basic);
      return answer(response, 200, {}, JSON.stringify({ token: 'a.b.c' }));
    }
    const realm = `Bearer realm="http://${registry.host}/token",service="here",scope="repository:tool:pull"`;
    return headers.authorization === 'Bearer a.b.c' ? false : answer(response, 401, { 'www-authenticate': realm });
  };
  await pull(name, { credentials });
  t.deepEqual(registry.asked.slice(0, 3), [
    'GET /v2/tool/manifests/1',
    'GET /token?service=here&scope=repository%3Atool%3Apull +auth',
    'GET /v2/tool/manifests/1 +auth',
  ]);
  t.is(registry.asked.filter((path) => path.includes('/token')).length, 1);
});

test.serial('a token is asked for without a password where there is none', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ url, headers }, response) => {
    if (url?.startsWith('/token')) {
      return answer(response, 200, {}, JSON.stringify({ access_token: 'anonymous' }));
    }
    const realm = { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` };
    return headers.authorization === 'Bearer anonymous' ? false : answer(response, 401, realm);
  };
  await pull(name);
  t.true(registry.asked.includes('GET /token?scope=repository%3Atool%3Apull'));
});

test.serial('a token that runs out is fetched anew', async (t) => {
  const { registry, name } = await withImage(t);
  let tokens = 0;
  registry.fault = ({ url, headers }, response) => {
    if (url?.startsWith('/token')) {
      tokens += 1;
      return answer(response, 200, {}, JSON.stringify({ token: `token-${tokens}` }));
    }
    const good = url?.includes('/manifests/') ? 'Bearer token-1' : 'Bearer token-2';
    const realm = { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` };
    return headers.authorization === good ? false : answer(response, 401, realm);
  };
  await pull(name);
  t.is(tokens, 2);
});

test.serial('a password is shown to a registry that asks for one', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ headers }, response) =>
    headers.authorization === basic ? false : answer(response, 401, { 'www-authenticate': 'Basic realm="x"' });
  await pull(name, { credentials });
  t.is(registry.asked[0], 'GET /v2/tool/manifests/1', 'never before it asked');
});

test.serial('who is not let in is told once, and a password is in no message', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ headers }, response) => {
    const text = JSON.stringify({
      errors: [{ message: `no\nentry for ${headers.authorization ?? ''} difference engine` }],
    });
    return answer(response, 401, { 'www-authenticate': 'Basic realm="x"' }, text);
  };
  const error = await t.throwsAsync(pull(name, { credentials }), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /may not be pulled \(as "ada"\): .* answers 401: no entry for .* \*\*\*$/);
  t.false(error?.message.includes('difference engine'));
  t.is(registry.asked.length, 2);
  const none = await t.throwsAsync(pull(name), { instanceOf: WrongInput });
  t.regex(none?.message ?? '', /no credentials were given/);
});

test.serial('401 for ever, with a new token each time, comes to an end', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ url }, response) =>
    url?.startsWith('/token')
      ? answer(response, 200, {}, JSON.stringify({ token: 'never-enough' }))
      : answer(response, 401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` });
  const error = await t.throwsAsync(pull(name), { instanceOf: WrongInput });
  t.regex(error?.message ?? '', /answers 401/);
  t.is(registry.asked.length, 3);
});

test.serial('tokens from elsewhere, from nowhere and of no use are refused', async (t) => {
  const realms = ['http://registry.example/token', 'file:///etc/passwd', 'nowhere'];
  for (const realm of realms) {
    const { registry, name } = await withImage(t);
    registry.fault = (_, response) => answer(response, 401, { 'www-authenticate': `Bearer realm="${realm}"` });
    const error = await t.throwsAsync(pull(name, { credentials }), { instanceOf: HostFault });
    t.regex(error?.message ?? '', /plain http; only loopback|plain file|for a token/, realm);
  }
  for (const text of ['{}', 'null', '[]', '{"token":"two\\nlines"}', 'x']) {
    const { registry, name } = await withImage(t);
    registry.fault = ({ url }, response) =>
      url?.startsWith('/token')
        ? answer(response, 200, {}, text)
        : answer(response, 401, { 'www-authenticate': `Bearer realm="http://${registry.host}/token"` });
    await t.throwsAsync(pull(name), { instanceOf: HostFault, message: /without a token/ });
  }
});

test.serial('who is told to come later comes later, a bounded number of times', async (t) => {
  const { registry, name } = await withImage(t);
  let left = 2;
  registry.fault = (_, response) => {
    left -= 1;
    return left >= 0 && answer(response, left === 1 ? 429 : 503, { 'retry-after': '0' });
  };
  const told: string[] = [];
  await pull(name, { onProgress: (line) => told.push(line) });
  t.regex(told.join('\n'), /answers 429: trying again/);
  left = 100;
  const error = await t.throwsAsync(pull(`${registry.host}/tool:2`), { instanceOf: HostFault });
  t.regex(error?.message ?? '', /could not pull .*: .* answers 503/);
  t.is(left, 97, 'three times in all');
});

test.serial('who is told to come back in an hour gives up', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = (_, response) =>
    answer(response, 429, { 'retry-after': '3600' }, JSON.stringify({ details: 'too many pulls' }));
  const error = await t.throwsAsync(pull(name), { instanceOf: HostFault });
  t.regex(error?.message ?? '', /answers 429: too many pulls/);
  t.is(registry.asked.length, 1);
});

test.serial('a blob that is not what its digest says is no blob', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = (request, response) => isBlob(request) && answer(response, 200, {}, 'x'.repeat(50));
  await t.throwsAsync(pull(name), {
    instanceOf: HostFault,
    message: /sent (?:a blob with the digest|more than)|broke off/,
  });
  const { registry: second, name: other } = await withImage(t);
  const image = await makeImage({ layers: [[{ name: 'b', text: `other ${made}` }]] });
  second.put('tool', '1', image);
  second.fault = ({ url }, response) => {
    const [, bytes] = [...image.blobs].find(([digest]) => url?.endsWith(digest) === true) ?? [];
    return bytes !== undefined && response.end(bytes.map((byte) => byte ^ 1)).writableEnded;
  };
  await t.throwsAsync(pull(other), {
    instanceOf: HostFault,
    message: /sent a blob with the digest sha256:[0-9a-f]{64} for/,
  });
});

test.serial('a manifest that is not what its digest says is no manifest', async (t) => {
  const { registry } = await withImage(t);
  const asked = `sha256:${'ab'.repeat(32)}`;
  registry.put('tool', asked, await makeImage({ layers: [] }));
  await t.throwsAsync(pull(`${registry.host}/tool@${asked}`), {
    instanceOf: HostFault,
    message: /sent a manifest with the digest sha256:[0-9a-f]{64} for sha256:abab/,
  });
});

test.serial('a download that breaks off is begun anew', async (t) => {
  const { registry, name } = await withImage(t);
  let broken = 0;
  registry.fault = (request, response) => {
    if (!isBlob(request) || broken >= 2) {
      return false;
    }
    broken += 1;
    response.writeHead(200, { 'content-length': '1000' }).write('half of it');
    setImmediate(() => response.destroy());
    return true;
  };
  await pull(name);
  t.is(broken, 2);
});

test.serial('a body that ends early without a word is noticed', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = (request, response) => isBlob(request) && answer(response, 200, { connection: 'close' }, 'x');
  await t.throwsAsync(pull(name), { instanceOf: HostFault, message: /broke off after 1 of the \d+ bytes/ });
});

test.serial('a registry that says nothing more is given up', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = (_, response) => {
    response.writeHead(200).write('{');
    return true;
  };
  await t.throwsAsync(pull(name, { patience: 50, pauses: [] }), { instanceOf: HostFault, message: /timeout/i });
});

test.serial('a document without end is cut', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = (_, response) => answer(response, 200, {}, ' '.repeat(5 * 1024 ** 2));
  await t.throwsAsync(pull(name), { instanceOf: HostFault, message: /more than 4194304 bytes/ });
});

test.serial('blobs may live elsewhere, and credentials do not go there', async (t) => {
  const { registry, name } = await withImage(t);
  const elsewhere = await fakeRegistry(t);
  elsewhere.fault = (request, response) => {
    t.is(request.headers.authorization, undefined);
    return answer(response, 307, { location: `http://${registry.host}${request.url?.replace('/cdn', '/v2/tool')}` });
  };
  registry.fault = ({ url, headers }, response) => {
    if (url?.includes('/blobs/') && headers.authorization !== undefined) {
      return answer(response, 307, { location: `http://${elsewhere.host}${url.replace('/v2/tool', '/cdn')}` });
    }
    const open = headers.authorization === basic || url?.includes('/blobs/') === true;
    return open ? false : answer(response, 401, { 'www-authenticate': 'Basic realm="x"' });
  };
  await pull(name, { credentials });
  t.true(elsewhere.asked.length >= 2);
});

test.serial('redirects in a circle, and to where nobody is to go, are refused', async (t) => {
  const { registry, name } = await withImage(t);
  registry.fault = ({ url }, response) => answer(response, 302, { location: url ?? '' });
  await t.throwsAsync(pull(name), { instanceOf: HostFault, message: /redirects without end/ });
  registry.fault = (_, response) => answer(response, 302, { location: 'http://registry.example/' });
  await t.throwsAsync(pull(`${name}x`), { instanceOf: HostFault, message: /over plain http; only loopback/ });
  registry.fault = (_, response) => answer(response, 302, { location: 'http://[' });
  await t.throwsAsync(pull(`${name}y`), { instanceOf: HostFault, message: /no address/ });
});
