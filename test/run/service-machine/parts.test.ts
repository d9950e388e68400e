import test from 'ava';
import type { PlannedService, ServicePort } from '../../../runner/model/container.ts';
import { hostsFile } from '../../../runner/run/container/hosts-file.ts';
import { homeOf } from '../../../runner/run/service-machine/home-of.ts';
import { localPorts } from '../../../runner/run/service-machine/local-ports.ts';
import { ServiceLog } from '../../../runner/run/service-machine/service-log.ts';

function service(id: string, ...ports: Omit<ServicePort, 'protocol'>[]): PlannedService {
  const none = { env: [], volumes: [], hosts: [] };
  const place = { file: 'f', line: 1, column: 1 };
  const all = ports.map((port) => ({ ...port, protocol: 'tcp' as const }));
  return { id, container: { image: 'docker://x', env: [], options: none, volumes: [], ports: all, place } };
}

test('ports that ask for any get the first that nobody names, the same each time', (t) => {
  const services = [
    service('a', { port: 80 }, { port: 443, local: 32_769 }),
    service('b', { port: 80 }, { port: 81, local: 32_768 }),
  ];
  const expected = new Map([
    [
      'a',
      new Map([
        [80, 32_770],
        [443, 32_769],
      ]),
    ],
    [
      'b',
      new Map([
        [80, 32_771],
        [81, 32_768],
      ]),
    ],
  ]);
  t.deepEqual(localPorts(services), expected);
  t.deepEqual(localPorts(services), expected);
});

test('a home is that of the user, by name or number', (t) => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\npg:x:70:70::/var/lib/pg:/bin/sh\nodd\nbare:x:5:5\n';
  t.is(homeOf(passwd, undefined), '/root');
  t.is(homeOf(passwd, 'pg'), '/var/lib/pg');
  t.is(homeOf(passwd, '70:5'), '/var/lib/pg');
  t.is(homeOf(passwd, '999'), '/');
  t.is(homeOf(passwd, 'bare'), '/');
  t.is(homeOf('', undefined), '/root');
});

test('of a service’s log the last is kept', async (t) => {
  const log = new ServiceLog();
  t.deepEqual(log.lines(5), []);
  await log.write('stdout', Buffer.from('one\ntwo\r\nthr'));
  await log.write('stderr', Buffer.from('ee\n'));
  t.deepEqual(log.lines(2), ['two', 'three']);
  await log.write('stdout', Buffer.alloc(100_000, 'x\n'));
  t.is(log.lines(1_000_000).length, 32_768);
});

test('names stand in the hosts file behind the machine’s own', (t) => {
  t.is(hostsFile('box', [['db', '127.77.0.1']]), '127.0.0.1 localhost box\n127.77.0.1 db\n');
});
