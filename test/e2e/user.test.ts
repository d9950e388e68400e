import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { asRoot, type OrdinaryUser, ordinaryUser } from '../as-user.ts';

/** Runs a pipeline of these jobs in a folder outside git. */
async function runJobs(t: ExecutionContext, user: OrdinaryUser, jobs: string, ...options: string[]) {
  const file = join(user.home, 'p.yaml');
  await writeFile(file, `name: p\ndefaults: { image: busybox, isolation: sandbox }\njobs:\n${jobs}`);
  const end = await user.run('node', 'lightv/runner/lightv.mjs', 'run', 'p.yaml', ...options);
  t.log(end.text);
  return end;
}

/** Of this host, its loopback among them. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).filter(({ family }) => family === 'IPv4').map(({ address }) => address),
  );
}

const handedOn = `
  one:
    checkout: false
    resources: { disk: 64Mi }
    steps:
      - id: first
        run: echo base >file; mkdir -p /opt; echo tool >/opt/tool; rm -r /var; (sleep 987 &)
      - id: left
        needs: [first]
        run: |
          cat file /opt/tool; echo left >file; sleep 0.3; echo "left: $(cat file)"
          [ -e /var ] || mkdir /var; echo "var: $(ls /var)."
          echo "sleeping: $(ps | grep -c 'sleep 98[7]')"
      - id: right
        needs: [first]
        run: echo right >file; sleep 0.3; echo "right $(cat file)"; env | sort
      - id: full
        needs: [first]
        continue-on-error: true
        run: dd if=/dev/zero of=big bs=1M count=200
`;

asRoot('an ordinary user: disks go on, forks are apart, a full one is full, nothing of the host is in', async (t) => {
  const user = await ordinaryUser(t);
  const { code, text } = await runJobs(t, user, handedOn);
  t.is(code, 0);
  t.regex(text, /sandbox: bubblewrap .* without root: .*disks in memory/);
  for (const line of ['tool', 'left: left', 'var: .', 'sleeping: 0', 'right right']) {
    t.true(text.includes(`one | ${line}\n`), line);
  }
  t.regex(text, /stopped at the end of the step: process \w+ \(\d+\)$/m);
  t.regex(text, /No space left on device/);
  t.notRegex(text, /one \| (HOME=(?!\/root\n)|REPOSITORY=|LIGHTV_CACHE_DIR=)/);
});

asRoot('an ordinary user: what cannot be had is refused by name', async (t) => {
  const user = await ordinaryUser(t);
  const step = 'steps: [{ run: "true", network: full }]';
  const network = await runJobs(t, user, `  a: { checkout: false, ${step} }\n`);
  t.is(network.code, 3);
  t.regex(network.text, /this user may not open \/dev\/net\/tun \(as root: chmod/);
  const resources = 'resources: { memory: 64Mi }';
  const limit = await runJobs(t, user, `  a: { checkout: false, ${resources}, steps: [{ run: "true" }] }\n`);
  t.is(limit.code, 3);
  t.regex(limit.text, /could not bind the limit of memory.*not writable for this user/);
});

asRoot('an ordinary user: a repository of somebody else’s is refused in git’s words', async (t) => {
  const user = await ordinaryUser(t);
  const { code, text } = await user.run('node', 'lightv/runner/lightv.mjs', 'run', 'lightv/pipelines/matrix.yaml');
  t.is(code, 3);
  t.regex(text, /dubious ownership.*safe\.directory/s);
});

asRoot('an ordinary user that may open /dev/net/tun: a network without the host’s services', async (t) => {
  const user = await ordinaryUser(t, { ids: true, tunnel: true });
  const server = createServer((socket) => socket.end('reached'));
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const port = (server.address() as { port: number }).port;
  const script = [
    `echo "routes: $(grep -c 00000000 /proc/net/route)"`,
    ...ownAddresses().map((address) => `echo "host: $(nc -w 2 ${address} ${port} </dev/null)."`),
    `chown 33:44 f && echo "owner $(stat -c %u:%g f)"`,
    'ip link set lo down 2>&1 | grep -c permitted',
  ];
  const run = ['touch f', ...script].map((line) => `          ${line}\n`).join('');
  const { code, text } = await runJobs(
    t,
    user,
    `  a:\n    checkout: false\n    steps:\n      - network: full\n        run: |\n${run}`,
  );
  t.is(code, 0);
  t.regex(text, /a \| routes: [1-9]/);
  t.true(text.includes('a | host: .\n'));
  t.notRegex(text, /reached/);
  t.true(text.includes('a | owner 33:44\n'));
});
