import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { asRoot, ordinaryUser } from '../as-user.ts';
import { machineTest } from '../machines.ts';
import { busyboxLayer } from '../registry/busybox.ts';
import { makeImage } from '../registry/image.ts';
import { account, type RealRegistry, realRegistry } from '../registry/real.ts';
import { home, logOf, pipeline, run, told } from './lightv.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightv-oci-'));
let registry: RealRegistry;

test.before(async () => {
  registry = await realRegistry(join(folder, 'open'));
  const layers = [await busyboxLayer(), [{ name: 'opt/greeting', text: 'hello from the image\n' }]];
  const config = { Env: ['PATH=/bin', 'GREETING=from the image'] };
  await registry.push('octo/app', '1', await makeImage({ layers, config }));
});

test.after.always(async () => {
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const says = 'cat /opt/greeting; echo "$GREETING"; id -u; ls /workspace /dev/null';

machineTest('sandbox', 'a step runs in an image of a registry; what it writes is there in the next', async (t) => {
  const own = home(t);
  const image = `docker://${registry.host}/octo/app:1`;
  const file = pipeline(
    own,
    `one:\n  image: ${image}\n  steps: [{ run: '${says}; echo kept >file' }, { run: cat file }]`,
  );
  const end = await run(t, own, file);
  t.is(end.code, 0, told(end));
  t.is(logOf(end.events, 'one'), 'hello from the image\nfrom the image\n0\n/dev/null\n\n/workspace:\nkept');
});

machineTest('microvm', 'a microVM runs in an image of a registry', async (t) => {
  const own = home(t);
  const image = `docker://${registry.host}/octo/app:1`;
  const file = pipeline(own, `one:\n  image: ${image}\n  steps: [{ run: '${says}' }]`, 'isolation: microvm');
  const end = await run(t, own, file);
  t.is(end.code, 0, told(end));
  t.regex(logOf(end.events, 'one'), /^hello from the image\nfrom the image\n0\n/);
});

machineTest('sandbox', '-P names an image of a registry, with docker:// or as act does', async (t) => {
  const own = home(t);
  const file = pipeline(own, `one:\n  image: busybox\n  steps: [{ run: cat /opt/greeting }]`);
  for (const image of [`docker://${registry.host}/octo/app:1`, `${registry.host}/octo/app:1`]) {
    const end = await run(t, own, file, ['-P', `busybox=${image}`]);
    t.is(end.code, 0, told(end));
    t.is(logOf(end.events, 'one'), 'hello from the image');
  }
});

machineTest('sandbox', 'the configuration says who we are to a registry, and no guest or log learns it', async (t) => {
  const own = home(t);
  const locked = await realRegistry(join(own, 'locked'), true);
  t.teardown(() => locked.close());
  await locked.push('secret', '1', await makeImage({ layers: [await busyboxLayer(), [{ name: 'own', text: own }]] }));
  const file = pipeline(own, `one:\n  image: docker://${locked.host}/secret:1\n  steps: [{ run: env; cat /own }]`);
  const closed = await run(t, own, file);
  t.is(closed.code, 2, told(closed));
  mkdirSync(join(own, 'config/lightv'), { recursive: true });
  writeFileSync(join(own, 'password'), `${account.password}\n`);
  const entry = `{ username: ${account.username}, password-file: ${join(own, 'password')} }`;
  writeFileSync(join(own, 'config/lightv/config.yaml'), `registries:\n  "${locked.host}": ${entry}\n`);
  const end = await run(t, own, file);
  t.is(end.code, 0, told(end));
  t.true(logOf(end.events, 'one').endsWith(own));
  t.false(`${JSON.stringify(end.events)}${end.stderr}`.includes(account.password));
});

test('an image that cannot be had is told, and nothing is started', async (t) => {
  const own = home(t);
  const of = (image: string) => pipeline(own, `one:\n  image: ${image}\n  steps: [{ run: 'true' }]`);
  const wrong = await run(t, own, of('docker://Debian'));
  t.is(wrong.code, 2, told(wrong));
  t.regex(told(wrong), /names no image/);
  const missing = await run(t, own, of(`docker://${registry.host}/octo/app:2`));
  t.is(missing.code, 2, told(missing));
  t.regex(told(missing), /there is no image .*octo\/app:2/);
  const gone = await run(t, own, of('docker://127.0.0.1:1/app'));
  t.is(gone.code, 3, told(gone));
});

asRoot('an ordinary user runs a step in an image of a registry', async (t) => {
  const user = await ordinaryUser(t);
  const image = `docker://${registry.host}/octo/app:1`;
  const text = `name: p\njobs:\n  one: { checkout: false, image: "${image}", isolation: sandbox, steps: [{ run: "${says.replaceAll('"', '\\"')}" }] }\n`;
  await writeFile(join(user.home, 'p.yaml'), text);
  const end = await user.run('node', 'lightv/runner/lightv.mjs', 'run', 'p.yaml');
  t.is(end.code, 0, end.text);
  t.regex(end.text, /one \| hello from the image\none \| from the image\none \| 0/);
});
