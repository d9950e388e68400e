import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { HttpFailure, httpGet } from '../../runner/host/http.ts';
import { isLoopback } from '../../runner/host/loopback.ts';
import { never } from '../ground/never.ts';

/** What the proxy was asked to connect to. It connects to nothing. */
const asked: string[] = [];
const proxy = createServer((_, response) => response.writeHead(502).end());
proxy.on('connect', (request, socket) => {
  asked.push(request.url ?? '');
  socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
});
proxy.listen(0, '127.0.0.1');
await once(proxy, 'listening');
// Before the first request: proxies are looked for once.
process.env.HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
process.env.HTTP_PROXY = process.env.HTTPS_PROXY;
process.env.NO_PROXY = 'direct.invalid';
test.after.always(() => void proxy.close());

const get = (url: string) => httpGet({ url: new URL(url), headers: {}, signal: never });

test.serial('servers are asked through the proxy, but for those that are not to be', async (t) => {
  await t.throwsAsync(get('https://registry.invalid/v2/'), { instanceOf: HttpFailure });
  t.deepEqual(asked, ['registry.invalid:443']);
  await t.throwsAsync(get('https://direct.invalid/v2/'), { instanceOf: HttpFailure });
  t.deepEqual(asked, ['registry.invalid:443']);
});

test.serial('loopback is never asked through a proxy', async (t) => {
  const server = createServer((_, response) => response.end('here'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const answer = await get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  t.is(answer.status, 200);
  answer.drop();
  t.is(asked.length, 1);
});

test('plain http is for loopback', async (t) => {
  await t.throwsAsync(get('http://registry.invalid/'), { instanceOf: HttpFailure, message: /only loopback may be/ });
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    t.true(isLoopback(host), host);
  }
  for (const host of ['localhost.example', '127.0.0.1.example', '128.0.0.1', '0.0.0.0', '10.0.0.1', '[::2]']) {
    t.false(isLoopback(host), host);
  }
});
