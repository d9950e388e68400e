import test, { type ExecutionContext } from 'ava';
import { backends } from '../runner/command/machines.ts';
import type { Probe } from '../runner/model/machine.ts';
import type { IsolationLevel } from '../runner/model/workflow.ts';

const probes = new Map<IsolationLevel, Promise<Probe>>();

/** What the backend of a level says about this host; asked once in a test file. */
export function probeOf(level: IsolationLevel): Promise<Probe> {
  const known = probes.get(level);
  if (known !== undefined) {
    return known;
  }
  const backend = backends().find((one) => one.isolation === level);
  const asked: Promise<Probe> =
    backend?.probe() ?? Promise.resolve({ usable: false, reason: 'there is no such backend' });
  probes.set(level, asked);
  return asked;
}

/** Levels that must run here, from `LIGHTV_REQUIRE`: `microvm,sandbox` where CI stands. */
export function required(): readonly string[] {
  return (process.env.LIGHTV_REQUIRE ?? '').split(',').filter((name) => name !== '');
}

/**
 * For a test that needs machines of a level: true where they can run. Where they cannot, says so in the test's log and on
 * stdout, and fails the test when `LIGHTV_REQUIRE` names the level.
 */
export async function canRun(t: ExecutionContext, level: IsolationLevel): Promise<boolean> {
  const probe = await probeOf(level);
  if (probe.usable) {
    return true;
  }
  leaveOut(t, `${level} machines cannot run here: ${probe.reason}`);
  if (required().includes(level)) {
    t.fail(`${level} is required here`);
  }
  return false;
}

/** Registers a serial test that needs machines of a level; see `canRun`. */
export function machineTest(level: IsolationLevel, title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    if (await canRun(t, level)) {
      await body(t);
    }
  });
}

/** Says loudly that a test, or a part of it, was left out and why; never silently. */
export function leaveOut(t: ExecutionContext, why: string): void {
  const words = `LEFT OUT: ${t.title}: ${why}`;
  t.log(words);
  process.stdout.write(`\n${words}\n`);
  t.pass();
}
