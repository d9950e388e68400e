import test from 'ava';
import { ConsoleTail } from '../../../runner/vm/qemu/console.ts';

test('the end of a flood is kept and the rest is not', (t) => {
  const tail = new ConsoleTail(1000);
  for (let line = 0; line < 100_000; line++) {
    tail.push(Buffer.from(`line ${line}\r\n`));
  }
  t.deepEqual(tail.lines(2), ['line 99998', 'line 99999']);
  t.true(tail.lines(100_000).join('\n').length <= 1000);
});

test('one chunk larger than the whole tail is cut to its end', (t) => {
  const tail = new ConsoleTail(10);
  tail.push(Buffer.from(`${'x'.repeat(5000)}\nthe end`));
  t.deepEqual(tail.lines(1), ['the end']);
});

test('escape sequences and control characters of a guest reach nobody', (t) => {
  const tail = new ConsoleTail();
  tail.push(Buffer.from('\x1b[31mred\x1b[0m\x07 alert\n\n\x00\n'));
  t.deepEqual(tail.lines(5), ['red alert']);
});

test('a line without an end is cut', (t) => {
  const tail = new ConsoleTail();
  tail.push(Buffer.from('y'.repeat(5000)));
  t.is(tail.lines(1)[0]?.length, 300);
});

test('a panic is told even when its trace is longer than the lines asked for', (t) => {
  const tail = new ConsoleTail();
  tail.push(Buffer.from('booting\nKernel panic - not syncing\nCall Trace:\n one\n two\n three\n'));
  t.deepEqual(tail.verdict(3), ['Kernel panic - not syncing', ' two', ' three']);
  t.is(tail.verdict(5).length, 5);
});
