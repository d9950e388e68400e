import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import test from 'ava';
import { bootQemu } from '../../../runner/vm/qemu/boot.ts';
import { onGround, processesOf, run } from './ground.ts';

/**
 * A documentation address and a link-local one, given to the host's `lo` while the test runs, which takes root. The
 * first comes after the boot, when the host's own addresses have been refused: for the guest it is somebody else's.
 */
const outside = '203.0.113.77';
const linkLocal = '169.254.77.77';

/** Answers on every address of the host with a word that nothing else says. */
async function withListener(body: (port: number, word: string) => Promise<void>): Promise<void> {
  const word = `reached-${process.pid}`;
  const server: Server = createServer((_, response) => response.end(`${word}\n`));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  try {
    await body((server.address() as AddressInfo).port, word);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withAddress(address: string, body: () => Promise<void>): Promise<void> {
  execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
  try {
    await body();
  } finally {
    execFileSync('ip', ['address', 'del', `${address}/32`, 'dev', 'lo']);
  }
}

test('a network reaches what is outside and neither the host itself nor link-local addresses', (t) =>
  onGround((ground) =>
    withListener((port, word) =>
      withAddress(linkLocal, async () => {
        const own = Object.values(networkInterfaces())
          .flatMap((addresses) => addresses ?? [])
          .filter(({ family, address }) => family === 'IPv4' && address !== linkLocal)
          .map(({ address }) => address);
        const forbidden = [linkLocal, '169.254.169.254', '192.0.0.1', '10.0.2.2', ...own];
        const ask = (address: string) =>
          `(timeout 8 wget -q -O - http://${address}:${port}/ 2>&- | grep -q ${word} && echo yes ${address} || echo no ${address}) &`;
        const spec = await ground.spec('net', { network: { kind: 'full' } });
        const vm = await bootQemu(spec, 'tcg', new AbortController().signal);
        try {
          await withAddress(outside, async () => {
            const { text } = await run(vm, `${[outside, ...forbidden].map(ask).join('\n')}\nwait`);
            const answers = text.split('\n').filter((line) => /^(yes|no) /.test(line));
            t.deepEqual(answers.sort(), [`yes ${outside}`, ...forbidden.map((address) => `no ${address}`)].sort());
          });
          const resolver = await run(vm, 'cat /etc/resolv.conf; nslookup -type=a localhost. 2>&1');
          t.regex(resolver.text, /^nameserver [0-9.]+\n/);
          t.notRegex(resolver.text, /timed out/);
        } finally {
          await vm.destroy();
        }
        t.deepEqual(await readdir(ground.scratch), ['net.raw']);
        t.deepEqual(await processesOf(ground.run), []);
      }),
    ),
  ));
