import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import test, { type ExecutionContext } from 'ava';
import { jsonScreen } from '../../../runner/command/render/json.ts';
import { LiveJobs } from '../../../runner/command/render/live.ts';
import { streamOut } from '../../../runner/command/render/out.ts';
import { plainScreen } from '../../../runner/command/render/plain.ts';
import { terminalScreen } from '../../../runner/command/render/terminal.ts';
import { HostFault } from '../../../runner/host/fault.ts';
import { aRun } from './events.ts';

function collector() {
  const texts: string[] = [];
  return { out: { write: async (text: string) => void texts.push(text) }, text: () => texts.join('') };
}

test('plain: each line behind its job, no control characters, summaries and reasons told', async (t) => {
  const { out, text } = collector();
  const screen = plainScreen(out);
  for (const event of aRun) {
    await screen.write(event);
  }
  await screen.close();
  t.deepEqual(text().split('\n'), [
    'demo: run r1',
    'sandbox: KVM is not there',
    'build | > make: Make it (microvm, tcg)',
    'build | red',
    'build | < make: success, 1.5s',
    'build | artifact "out": 1 file, 12 bytes',
    'build | success, 1.6s',
    'test (1) | < unit: failure: exit code 3, 10ms',
    'test (1) | success (failure, allowed): exit code 3, 20ms',
    'build | # Built',
    'build | all of it',
    'run r1: success (failure, allowed), 1.7s',
    '',
  ]);
});

test('plain: a notice that says the same of several jobs is told once a run', async (t) => {
  const { out, text } = collector();
  const screen = plainScreen(out);
  const notice = { run: 'r', time: '', type: 'notice', level: 'info', text: 'sandbox: why' } as const;
  for (const job of ['a', 'b']) {
    await screen.write({ ...notice, job });
  }
  t.is(text(), 'a | sandbox: why\n');
});

test('plain: a text of several lines cannot pass for lines of ours', async (t) => {
  const { out, text } = collector();
  const screen = plainScreen(out);
  const notice = { run: 'r', time: '', type: 'notice', level: 'info', job: 'a', step: 's' } as const;
  await screen.write({ ...notice, text: 'stopped: process x\nrun r: success' });
  t.is(text(), 'a | stopped: process x\na | run r: success\n');
});

test('json: the events as they are, one a line', async (t) => {
  const { out, text } = collector();
  const screen = jsonScreen(out);
  for (const event of aRun) {
    await screen.write(event);
  }
  const lines = text().trimEnd().split('\n');
  t.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [...aRun],
  );
});

/** A stream that says it is a terminal, and a terminal that shows what was written to it. */
function terminal(t: ExecutionContext, columns: number, rows: number) {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns, rows }) as unknown as NodeJS.WriteStream;
  const emulator = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 500,
    convertEol: true,
  });
  let raw = '';
  (stream as unknown as PassThrough).on('data', (chunk: Buffer) => {
    raw += chunk.toString();
    emulator.write(chunk);
  });
  t.teardown(() => emulator.dispose());
  const shown = async () => {
    await new Promise<void>((resolve) => emulator.write('', resolve));
    const buffer = emulator.buffer.active;
    const lines = Array.from(
      { length: buffer.length },
      (_, index) => buffer.getLine(index)?.translateToString(true) ?? '',
    );
    return lines.join('\n').trimEnd().split('\n');
  };
  return { stream, shown, raw: () => raw };
}

test('terminal: a live line a running job below what is printed, and a table in the end', async (t) => {
  const { stream, shown } = terminal(t, 60, 20);
  const screen = terminalScreen(
    stream,
    streamOut(stream, () => {}, 0),
    true,
  );
  for (const event of aRun.slice(0, 6)) {
    await screen.write({ ...event, time: new Date().toISOString() });
  }
  await drawn(shown, (lines) => lines.some((line) => /^. build Make it \d/.test(line)));
  const live = await shown();
  const log = live.indexOf('build | red');
  t.true(log >= 0 && log < live.findIndex((line) => /^. build Make it/.test(line)), live.join('\n'));
  t.true(live.some((line) => /^. test \(1\) waiting \d/.test(line)));
  for (const event of aRun.slice(6)) {
    await screen.write(event);
  }
  await screen.close();
  const end = await shown();
  t.false(
    end.some((line) => /^. (?:build|test \(1\)) (?:Make it|waiting)/.test(line)),
    end.join('\n'),
  );
  t.true(end.some((line) => /build\s.*success\s.*1\.6s/.test(line)));
  t.true(end.some((line) => /test \(1\)\s.*success \(failure\)\s.*20ms\s.*exit code 3/.test(line)));
  t.is(end.at(-1), 'run r1: success (failure, allowed), 1.7s');
  t.is(end.filter((line) => line === 'build | red').length, 1);
});

/** Waits until the screen shows what is looked for; the screen draws ten times a second. */
async function drawn(shown: () => Promise<string[]>, looks: (lines: string[]) => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !looks(await shown()); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

test('terminal: narrow screens are not broken by long names, and NO_COLOR leaves no colour', async (t) => {
  const { stream, shown, raw } = terminal(t, 24, 8);
  const screen = terminalScreen(
    stream,
    streamOut(stream, () => {}, 0),
    false,
  );
  const at = { run: 'r', time: new Date().toISOString() };
  for (let index = 0; index < 12; index += 1) {
    await screen.write({ ...at, type: 'job-start', job: `a very long name of a job (${index}, 世界世界)`, name: '' });
  }
  await drawn(shown, (lines) => lines.some((line) => line.includes('more jobs')));
  const lines = await shown();
  await screen.close();
  t.true(lines.length <= 8, lines.join('\n'));
  t.true(
    lines.some((line) => /and 7 more jobs/.test(line)),
    lines.join('\n'),
  );
  t.true(
    lines.slice(0, 5).every((line) => /^. a very l.*… \S+$/.test(line)),
    lines.join('\n'),
  );
  t.notRegex(raw(), /\u001b\[[0-9;]*m/);
});

test('terminal: more output than fits comes out whole and in order', async (t) => {
  const { stream, raw } = terminal(t, 80, 24);
  const screen = terminalScreen(
    stream,
    streamOut(stream, () => {}, 0),
    false,
  );
  const step = { run: 'r', time: new Date().toISOString(), job: 'j', step: 's' };
  await screen.write({ run: 'r', time: step.time, type: 'job-start', job: 'j', name: 'j' });
  for (let line = 1; line <= 5000; line += 1) {
    await screen.write({ ...step, type: 'log', stream: 'stdout', text: `line ${line} ${'x'.repeat(50)}`, line });
  }
  await screen.close();
  const numbers = [...raw().matchAll(/j \| line (\d+) /g)].map((match) => Number(match[1]));
  t.deepEqual(
    numbers,
    Array.from({ length: 5000 }, (_, index) => index + 1),
  );
});

test('live lines never take more rows or columns than there are', (t) => {
  const jobs = new LiveJobs();
  for (let index = 0; index < 5; index += 1) {
    jobs.take({ run: 'r', time: new Date(0).toISOString(), type: 'job-start', job: `job-${index}`, name: '' });
  }
  const lines = jobs.lines(61_000, 12, 3, (_job, text) => text);
  t.is(lines.length, 3);
  t.true(
    lines.every((line) => line.length <= 12),
    lines.join('\n'),
  );
  t.is(lines[2], '  and 3 mor…');
  const step = { run: 'r', time: new Date(0).toISOString(), type: 'step-start', job: 'job-0', step: 's' } as const;
  jobs.take({ ...step, name: 'na\nme', attempt: 1, machine: { id: 'm', isolation: 'sandbox' } });
  t.regex(jobs.lines(1000, 80, 5, (_job, text) => text)[0] ?? '', /job-0 na me /);
});

test('a reader that has gone is told once and drops the rest; other errors are thrown', async (t) => {
  const stream = Object.assign(new EventEmitter(), { write: () => true }) as unknown as NodeJS.WritableStream;
  let closed = 0;
  const out = streamOut(stream, () => {
    closed += 1;
  });
  stream.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
  await out.write('x');
  t.is(closed, 1);
  stream.emit('error', Object.assign(new Error('no space'), { code: 'ENOSPC' }));
  await t.throwsAsync(out.write('x'), { instanceOf: HostFault, message: /: no space$/ });
});
