/** Started by the sweep's test: boots a sandbox, says so, and waits to be killed. */
import { openImage } from '../../../runner/image/open.ts';
import { sandboxBackend } from '../../../runner/vm/sandbox/backend.ts';

const [run = '', scratch = '', network = 'none'] = process.argv.slice(2);
const machine = await sandboxBackend().boot(
  {
    ...{ id: 'crash', run, scratch, image: await openImage('busybox'), required: [], ports: [], hostname: 'crash' },
    ...{ tools: [], folders: ['/workspace', '/tmp'], binds: [] },
    limits: { cpu: 1, memory: 128 * 1024 ** 2, processes: 64 },
    disk: { path: `${scratch}/disk`, size: 64 * 1024 ** 2 },
    network: { kind: network === 'full' ? 'full' : 'none' },
    bootDeadline: 20_000,
  },
  new AbortController().signal,
);
const output = { write: async (_stream: string, chunk: Uint8Array) => void process.stdout.write(chunk) };
const command = {
  argv: ['sh', '-c', 'sleep 500 & echo up; wait'],
  env: { PATH: '/bin:/usr/bin' },
  cwd: '/',
  grace: 100,
};
await machine.exec(command, output, new AbortController().signal);
