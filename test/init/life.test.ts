import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { encodeFrame } from '../../runner/guest/frames.ts';
import { encodeHostMessage, magic, protocolVersion } from '../../runner/guest/host-message.ts';
import { guestAgent } from '../../runner/image/agent.ts';
import { run } from '../ground/run.ts';
import { realAgent, shell } from '../guest/real-agent.ts';

test('the same process answers: its nonce stays, its clock goes on', async (t) => {
  const { agent, end } = await realAgent();
  const first = await agent.ping(1n);
  const second = await agent.ping(2n ** 64n - 1n);
  t.deepEqual([first.echo, second.echo], [1n, 2n ** 64n - 1n]);
  t.deepEqual([first.nonce, second.nonce], [agent.hello.nonce, agent.hello.nonce]);
  t.true(second.uptime > first.uptime);
  t.is((await agent.greet({ hostname: 'again' })).nonce, agent.hello.nonce);
  await end();
});

test('a shutdown is answered, and then all is gone', async (t) => {
  const { agent, child } = await realAgent();
  const gone = once(child, 'exit');
  const running = run(agent, shell('sleep 1000'));
  await agent.shutdown();
  t.is((await running).exit.kind, 'lost');
  t.deepEqual(await gone, [0, null]);
  t.regex(await agent.closed, /closed/);
});

test('an agent that dies loses its commands and says so', async (t) => {
  const { agent, child } = await realAgent();
  const running = run(agent, shell('echo x; sleep 1000'));
  child.kill('SIGKILL');
  const { exit } = await running;
  t.is(exit.kind, 'lost');
  await t.throwsAsync(agent.left(), { message: /could not ask the guest what is left: / });
});

test('who gives the machine up hears that it was given up', async (t) => {
  const { agent, end } = await realAgent();
  const running = t.throwsAsync(run(agent, shell('sleep 1000')), { message: /given up/ });
  await end();
  await running;
});

/** Not PID 1: what it leaves would be seen. */
test('end of file kills everything, in sessions of their own too', async (t) => {
  const child = spawn(await guestAgent(), ['--stream'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const hello = {
    kind: 'hello',
    magic,
    version: protocolVersion,
    clock: 0n,
    hostname: 'x',
    seed: Buffer.alloc(32),
  } as const;
  const argv = ['sh', '-c', 'setsid sleep 1000 & setsid sleep 1000 & echo $$; sleep 1000'];
  const exec = {
    kind: 'exec',
    input: false,
    credit: 100,
    cwd: '/',
    user: '',
    argv,
    env: ['PATH=/usr/bin:/bin'],
  } as const;
  child.stdin.write(encodeFrame(encodeHostMessage(1, hello)));
  child.stdin.write(encodeFrame(encodeHostMessage(2, exec)));
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (/\d+\n/.test(output)) {
      break;
    }
  }
  child.stdin.end();
  t.deepEqual(await gone, [0, null]);
  const shellPid = Number(/(\d+)\n/.exec(output)?.[1]);
  t.throws(() => process.kill(-shellPid, 0), { code: 'ESRCH' });
});

for (const [name, bytes] of [
  ['a first frame that is no hello', encodeFrame(encodeHostMessage(1, { kind: 'left' }))],
  ['a frame that is too large', Buffer.from('ffffffff0101000000', 'hex')],
  ['a malformed hello', Buffer.from('010000000101000000ff', 'hex')],
] as const) {
  test(`${name} ends the agent with a reason`, async (t) => {
    const child = spawn(await guestAgent(), ['--stream'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const gone = once(child, 'exit');
    child.stdin.write(bytes);
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    t.is(first.readUInt8(4), 0x8b);
    t.deepEqual(await gone, [1, null]);
  });
}
