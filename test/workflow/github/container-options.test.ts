import test from 'ava';
import { commandWords } from '../../../runner/workflow/command-words.ts';
import { readContainerOptions } from '../../../runner/workflow/github/container-options.ts';
import { readServicePort } from '../../../runner/workflow/github/service-port.ts';
import { readVolume } from '../../../runner/workflow/github/volume.ts';

test('words of a command line are kept together by quotes and backslashes', (t) => {
  t.deepEqual(commandWords(`a  "b c" 'd "e' f\\ g ""`), ['a', 'b c', 'd "e', 'f g', '']);
  t.deepEqual(commandWords(`x="a \\"b\\" \\c" 'no\\escape'`), ['x=a "b" \\c', 'no\\escape']);
  t.deepEqual(commandWords(' \n\t '), []);
  t.is(commandWords('open "quote'), undefined);
  t.is(commandWords("open 'quote"), undefined);
});

const none = { env: [], volumes: [], hosts: [] };

const good: readonly (readonly [string, object])[] = [
  ['', {}],
  ['--cpus 1.5', { cpu: 1.5 }],
  ['--cpus=.5 -m 512m', { cpu: 0.5, memory: 512 * 1024 ** 2 }],
  ['--memory 2g', { memory: 2 * 1024 ** 3 }],
  ['--memory 2GB -m=1024', { memory: 1024 }],
  [
    '-e A=1 -eB=2 --env "C=a b" --env=D=',
    {
      env: [
        ['A', '1'],
        ['B', '2'],
        ['C', 'a b'],
        ['D', ''],
      ],
    },
  ],
  ['-u 1000:1000', { user: '1000:1000' }],
  ['--user root --hostname box', { user: 'root', hostname: 'box' }],
  ['--entrypoint ""', { entrypoint: '' }],
  ['-v data:/data -v /scratch', { volumes: [{ name: 'data', path: '/data' }, { path: '/scratch' }] }],
  ['--add-host db:10.0.0.1', { hosts: [['db', '10.0.0.1']] }],
  ['--privileged', { ownKernel: '--privileged' }],
  ['--privileged=false', {}],
  ['--cap-add SYS_ADMIN --privileged', { ownKernel: '--cap-add' }],
  ['--init --rm -it --name x --label a=b --shm-size=2gb --ipc=host', {}],
  [
    '--health-cmd "pg_isready -U me" --health-interval 10s --health-timeout 1m30s --health-retries 5 --health-start-period 500ms',
    {
      health: {
        command: ['/bin/sh', '-c', 'pg_isready -U me'],
        interval: 10_000,
        timeout: 90_000,
        retries: 5,
        startPeriod: 500,
      },
    },
  ],
  ['--no-healthcheck --health-retries 3', { health: 'none' }],
];

for (const [text, options] of good) {
  test(`options: ${text || 'none'}`, (t) => {
    t.deepEqual(readContainerOptions(text), { options: { ...none, ...options }, problems: [] });
  });
}

const bad: readonly (readonly [string, RegExp])[] = [
  ['--gpus all', /^the option --gpus cannot be honoured; these are: --add-host, /],
  ['--ulimit nofile=1', /the option --ulimit cannot be honoured/],
  ['-p 80:80', /the option -p cannot be honoured/],
  ['image', /which is no option/],
  ['--cpus 0', /the option --cpus: found '0'; allowed: a number of CPUs/],
  ['--cpus', /the option --cpus: it takes a value/],
  ['--memory much', /the option --memory: found 'much'/],
  ['-e HOME', /the option --env: found 'HOME'; allowed: NAME=value/],
  ['-v /etc:/etc', /the option --volume: '\/etc' is a folder of the host/],
  ['--hostname a_b', /the option --hostname/],
  ['--add-host db:host-gateway', /the option --add-host: .* an IPv4 address/],
  ['--health-interval soon', /the option --health-interval: found 'soon'; allowed: 10s/],
  ['--health-cmd ""', /the option --health-cmd: found ''; allowed: a command/],
  ['--user "a b"', /the option --user/],
  ['"open', /opens a quote/],
];

for (const [text, problem] of bad) {
  test(`refused: ${text}`, (t) => {
    const { problems } = readContainerOptions(text);
    t.regex(problems[0] ?? '', problem);
  });
}

test('every wrong option is told once, and the good ones hold', (t) => {
  const { options, problems } = readContainerOptions('--gpus all --cpus 2 --device=/dev/fuse');
  t.deepEqual(
    problems.map((text) => text.slice(0, 21)),
    ['the option --gpus can', 'the option --device c'],
  );
  t.is(options.cpu, 2);
});

test('volumes', (t) => {
  t.deepEqual(readVolume('/a/../b/'), { path: '/b' });
  t.deepEqual(readVolume('cache.v1:/c:rw'), { name: 'cache.v1', path: '/c' });
  for (const text of ['', 'a', 'a:b', '/', './here:/a', '~/x:/a', 'a:/b:/c', 'a b:/c', 'a:/b:ro']) {
    t.is(typeof readVolume(text), 'string', text);
  }
});

test('ports of services', (t) => {
  t.deepEqual(readServicePort('5432'), { port: 5432, protocol: 'tcp' });
  t.deepEqual(readServicePort('5433:5432/tcp'), { port: 5432, protocol: 'tcp', local: 5433 });
  t.deepEqual(readServicePort(':80'), { port: 80, protocol: 'tcp' });
  for (const text of ['', '0', '65536', 'a', '1-2:3-4', '53/udp', '127.0.0.1:80:80']) {
    t.is(typeof readServicePort(text), 'string', text);
  }
});
