import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { bootQemu } from '../../../runner/vm/qemu/boot.ts';
import { onGround, processesOf, run } from './ground.ts';

/** A documentation address and a link-local one, given to the host's `lo` while the test runs, which takes root. */
const outside = '203.0.113.77';
const linkLocal = '169.254.77.77';

/** Answers on every address of the host with a word that nothing else says. */
async function withListener(body: (port: number, word: string) => Promise<void>): Promise<void> {
  const word = `reached-${process.pid}`;
  const server: Server = createServer((_, response) => response.end(`${word}\n`));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = (change: string) => {
    for (const one of [outside, linkLocal]) {
      execFileSync('ip', ['address', change, `${one}/32`, 'dev', 'lo']);
    }
  };
  try {
    address('add');
    try {
      await body((server.address() as AddressInfo).port, word);
    } finally {
      address('del');
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a network reaches what is outside and neither the host itself nor link-local addresses', (t) =>
  onGround((ground) =>
    withListener(async (port, word) => {
      const own = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .filter(({ family, address }) => family === 'IPv4' && ![outside, linkLocal].includes(address))
        .map(({ address }) => address);
      const forbidden = [linkLocal, '169.254.169.254', '192.0.0.1', '10.0.2.2', ...own];
      const vm = await bootQemu(
        await ground.spec('net', { network: { kind: 'full' } }),
        'tcg',
        new AbortController().signal,
      );
      try {
        const ask = (address: string) =>
          `(timeout 8 wget -q -O - http://${address}:${port}/ 2>&- | grep -q ${word} && echo yes ${address} || echo no ${address}) &`;
        const { text } = await run(vm, `${[outside, ...forbidden].map(ask).join('\n')}\nwait`);
        const answers = text
          .split('\n')
          .filter((line) => /^(yes|no) /.test(line))
          .sort();
        t.deepEqual(answers, [`yes ${outside}`, ...forbidden.map((address) => `no ${address}`)].sort());
        t.is((await run(vm, 'cat /etc/resolv.conf')).text, 'nameserver 192.0.0.3\n');
      } finally {
        await vm.destroy();
      }
      t.deepEqual(await readdir(ground.scratch), ['net.raw']);
      t.deepEqual(await processesOf(ground.run), []);
    }),
  ));
