import test from 'ava';
import { backends } from '../runner/command/machines.ts';
import { probeOf, required } from './machines.ts';

test('what can run here, and what cannot and why', async (t) => {
  t.timeout(180_000);
  for (const { isolation, name } of backends()) {
    const probe = await probeOf(isolation);
    const words = probe.usable ? `runs here: ${probe.detail}` : `CANNOT run here: ${probe.reason}`;
    t.log(`${isolation} (${name}) ${words}`);
    process.stdout.write(`\n${isolation} (${name}) ${words}\n`);
    t.not((probe.usable ? probe.detail : probe.reason).trim(), '', `${isolation} says nothing`);
  }
});

test('every level that is required here runs', async (t) => {
  t.timeout(180_000);
  for (const level of required()) {
    const backend = backends().find(({ isolation }) => isolation === level);
    t.truthy(backend, `LIGHTV_REQUIRE names "${level}", which no backend has`);
    const probe = backend === undefined ? undefined : await probeOf(backend.isolation);
    t.true(probe?.usable, `${level} is required here: ${probe?.usable === false ? probe.reason : 'no backend'}`);
  }
  t.log(required().length === 0 ? 'nothing is required here (LIGHTV_REQUIRE)' : `required: ${required().join(', ')}`);
  t.pass();
});
