import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { Connections } from '../../../runner/service/job/connections.ts';
import { socketPair } from '../../ground/socket-pair.ts';

async function connect(server: Connections) {
  const [here, there] = await socketPair();
  server.accept(there);
  return here;
}

test('a connection without a request is closed after a while, one with a request is not', async (t) => {
  let finish = () => {};
  const answered: string[] = [];
  const server = new Connections(
    (_, response) => {
      finish = () => void response.end('late');
    },
    { beforeTheFirstRequest: 20, betweenRequests: 20 },
  );
  const busy = await connect(server);
  const asked = request({ path: '/', createConnection: () => busy }).end();
  const response = once(asked, 'response').then(async ([answer]) => void answered.push(await text(answer)));
  // It came later, and its time runs out while the other one is being served.
  const idle = await connect(server);
  await once(idle.resume(), 'close');
  t.deepEqual(answered, []);
  finish();
  await response;
  t.deepEqual(answered, ['late']);
  await once(busy, 'close');
});

test('what is no HTTP ends its connection and no other; a close ends all', async (t) => {
  const server = new Connections((_, response) => void response.end('ok'));
  const [bad, good] = [await connect(server), await connect(server)];
  bad.end('\0\0 nonsense\r\n\r\n');
  await once(bad.resume(), 'close');
  const [answer] = await once(request({ path: '/', createConnection: () => good }).end(), 'response');
  t.is(await text(answer), 'ok');
  server.close();
  await once(good, 'close');
});
