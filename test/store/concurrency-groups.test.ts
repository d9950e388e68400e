import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GroupPlace, GroupRequest } from '../../runner/model/lease.ts';
import { openGroups } from '../../runner/store/concurrency-groups.ts';
import { folder } from '../ground/folder.ts';
import { never } from '../ground/never.ts';

/** A member of the group `g` that tells what becomes of it. */
function member(state: string, who: string, more: Partial<GroupRequest> = {}, signal = never) {
  const told = { onWait: (_: string) => {}, onCancel: (_: string) => {} };
  const waits = new Promise<string>((resolve) => {
    told.onWait = resolve;
  });
  const cancelled = new Promise<string>((resolve) => {
    told.onCancel = resolve;
  });
  const request: GroupRequest = { group: 'g', who, cancelInProgress: false, queue: 'single', ...told, ...more };
  return { place: openGroups(state, '/repo').enter(request, signal), waits, cancelled };
}

function leaveOf(t: ExecutionContext, place: GroupPlace): () => Promise<void> {
  if (place.kind !== 'entered') {
    return t.fail(`superseded by ${place.by}`) as never;
  }
  return place.leave;
}

test('one runs and the next waits until it has left, in any case of the name', async (t) => {
  const state = folder(t);
  const leave = leaveOf(t, await member(state, 'one').place);
  const two = member(state, 'two', { group: 'G' });
  t.is(await two.waits, 'one');
  await leave();
  await leaveOf(t, await two.place)();
  t.deepEqual(readdirSync(join(state, 'concurrency')), ['lock']);
});

test('other groups and other repositories are not waited for', async (t) => {
  const state = folder(t);
  await member(state, 'one').place;
  t.is((await member(state, 'two', { group: 'other' }).place).kind, 'entered');
  const request = { group: 'g', who: 'three', cancelInProgress: false, queue: 'single' } as const;
  const told = { onWait: () => t.fail(), onCancel: () => t.fail() };
  t.is((await openGroups(state, '/another').enter({ ...request, ...told }, never)).kind, 'entered');
});

test('who comes takes the place of the one that waits', async (t) => {
  const state = folder(t);
  const leave = leaveOf(t, await member(state, 'one').place);
  const two = member(state, 'two');
  await two.waits;
  const three = member(state, 'three');
  t.deepEqual(await two.place, { kind: 'superseded', by: 'three' });
  await leave();
  leaveOf(t, await three.place);
});

test('with a queue all that wait come to their turn, in the order they came', async (t) => {
  const state = folder(t);
  let leave = leaveOf(t, await member(state, 'first').place);
  const order: string[] = [];
  const waiting = [];
  for (const who of ['a', 'b', 'c']) {
    const next = member(state, who, { queue: 'max' });
    await next.waits;
    waiting.push(next.place.then((place) => ({ who, place })));
  }
  for (const next of waiting) {
    await leave();
    const { who, place } = await next;
    order.push(who);
    leave = leaveOf(t, place);
  }
  t.deepEqual(order, ['a', 'b', 'c']);
});

test('who comes may end the one that runs, and waits until that has left', async (t) => {
  const state = folder(t);
  const one = member(state, 'one');
  const leave = leaveOf(t, await one.place);
  const two = member(state, 'two', { cancelInProgress: true });
  t.is(await one.cancelled, 'two');
  t.is(await two.waits, 'one');
  await leave();
  leaveOf(t, await two.place);
});

test('who does not want to wait any longer is out of the way', async (t) => {
  const state = folder(t);
  const leave = leaveOf(t, await member(state, 'one').place);
  const stop = new AbortController();
  const two = member(state, 'two', { queue: 'max' }, stop.signal);
  await two.waits;
  const three = member(state, 'three', { queue: 'max' });
  await three.waits;
  stop.abort(new Error('enough'));
  await t.throwsAsync(two.place, { message: 'enough' });
  await leave();
  leaveOf(t, await three.place);
});

test('a process that is killed has left', async (t) => {
  const state = folder(t);
  const program = join(import.meta.dirname, 'hold-group.ts');
  const holder = execFile(process.execPath, ['--import', 'tsx', program, state]);
  await once(holder.stdout as NodeJS.ReadableStream, 'data');
  const two = member(state, 'two');
  t.is(await two.waits, 'another process');
  holder.kill('SIGKILL');
  leaveOf(t, await two.place);
});
