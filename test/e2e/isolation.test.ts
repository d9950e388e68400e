import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { machineTest } from '../machines.ts';
import { endOf, home, logOf, pipeline, run, told } from './lightv.ts';
import { block, hostTrap } from './reach.ts';

machineTest('sandbox', 'nothing of the host is seen: its environment, its files, its processes', async (t) => {
  const folder = home(t);
  const mark = randomUUID();
  const name = `.lightv-e2e-${process.pid}`;
  const planted = join(homedir(), name);
  mkdirSync(planted, { mode: 0o700 });
  t.teardown(() => rmSync(planted, { recursive: true }));
  writeFileSync(join(planted, 'id_ed25519'), mark);
  const file = pipeline(
    folder,
    `
look:
  env: {PLACES: "${planted} ${folder} /proc/1/root${planted} /root/.ssh /home /etc/shadow /host"}
  steps:
    - id: files
      run: |
        for place in $PLACES; do cat "$place" "$place"/* 2>/dev/null || true; done
        ls -a /root /home
        find / -xdev -name '${name}' 2>/dev/null || true
        cat /proc/self/mountinfo
    - id: environment
      run: |
        env
        cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
    - id: processes
      run: |
        for process in /proc/[0-9]*; do tr '\\0' ' ' < $process/cmdline; echo; done
        cat /proc/cmdline /proc/kallsyms /proc/kcore 2>/dev/null | head -c 100 > /dev/null; echo end
`,
  );
  const end = await run(t, folder, file, [], { env: { E2E_HOST_MARK: mark } });
  t.is(end.code, 0, told(end));
  const files = logOf(end.events, 'look', 'files');
  t.false(files.includes(mark) || files.includes(name), 'a file of the host is seen');
  const shadow = readShadow();
  t.true(shadow.every((line) => !files.includes(line)));
  const environment = logOf(end.events, 'look', 'environment');
  t.true(environment.includes('LIGHTV_OUTPUT='), environment);
  t.false(environment.includes(mark) || environment.includes('E2E_HOST_MARK'));
  t.false(logOf(end.events, 'look', 'processes').includes('main.js'));
});

machineTest(
  'sandbox',
  'a full network reaches neither the host’s loopback, its other addresses, nor link-local ones',
  async (t) => {
    t.timeout(120_000);
    const folder = home(t);
    const trap = await hostTrap(t);
    const file = pipeline(
      folder,
      `
reach:
  network: full
  steps:
    - run: |
${block(trap.script)}
none:
  steps:
    - run: |
${block(trap.script)}
`,
    );
    const end = await run(t, folder, file);
    t.is(end.code, 0, told(end));
    t.deepEqual(trap.asked, []);
    t.regex(logOf(end.events, 'reach'), /^control\n[2-9] interfaces\ndone$/, told(end));
    t.true(
      logOf(end.events, 'none').startsWith('control\n') && logOf(end.events, 'none').endsWith('\ndone'),
      told(end),
    );
    t.false(logOf(end.events, 'none').includes('the host answers'));
  },
);

machineTest(
  'sandbox',
  'a secret reaches the steps that list it and no others, and stands nowhere in clear',
  async (t) => {
    const folder = home(t);
    const secret = `s3cr3t-${randomUUID()}`;
    const lines = `first-${randomUUID()}\nsecond-${randomUUID()}`;
    const file = pipeline(
      folder,
      `
one:
  outputs: {leak: "\${{ steps.uses.outputs.leak }}"}
  steps:
    - id: uses
      secrets: [TOKEN, KEY]
      run: |
        echo "value $TOKEN"
        printf '%s' "$TOKEN" | head -c 10; sleep 0.2; printf '%s\\n' "$TOKEN" | tail -c +11
        echo "$KEY" >&2
        echo "$TOKEN" | base64 -w 0; echo
        echo "leak=$TOKEN" >> "$LIGHTV_OUTPUT"
        echo "# $TOKEN" >> "$LIGHTV_SUMMARY"
        echo "::notice::$TOKEN"
        test \${#TOKEN} -eq ${secret.length} && echo right > "$TOKEN.txt"
        test "\${{ secrets.TOKEN }}" = "$TOKEN"
    - id: without
      env: {PUT: "\${{ steps.uses.outcome }}"}
      run: |
        env; cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'
        test -z "\${TOKEN:-}" && test -z "\${KEY:-}" && echo clean
      artifacts: {name: "kept \${{ steps.uses.outputs.leak }}", path: "*.txt"}
other:
  steps:
    - run: env; echo end
`,
    );
    const end = await run(t, folder, file, ['--secret', `TOKEN=${secret}`, '--secret', 'KEY'], { env: { KEY: lines } });
    const all = `${end.events.map((event) => JSON.stringify(event)).join('\n')}\n${end.stderr}`;
    for (const word of [secret, ...lines.split('\n')]) {
      t.false(all.includes(word), `${word} is told: ${all.split('\n').find((line) => line.includes(word))}`);
    }
    t.true(logOf(end.events, 'one', 'uses').startsWith('value ***'), told(end));
    t.like(
      end.events.find((event) => event.type === 'artifact'),
      { name: 'kept ***', files: 1 },
    );
    // As at GitHub: a job's output that holds a secret goes no further.
    t.deepEqual(endOf(end.events, 'one')?.outputs, {});
    t.true(end.events.some((event) => event.type === 'notice' && /"leak" of the job holds a secret/.test(event.text)));
    t.is(endOf(end.events, 'one', 'uses')?.outputs.leak, '***');
    t.true(logOf(end.events, 'one', 'without').endsWith('clean'), told(end));
    t.notRegex(logOf(end.events, 'other'), /TOKEN|KEY=/);
    const stored = readFileSync(join(folder, 'state', storeFile(folder)), 'latin1');
    t.false(stored.includes(secret), 'the record holds it');
  },
);

function storeFile(folder: string): string {
  return readdirSync(join(folder, 'state')).find((name) => /\.(db|sqlite)$/.test(name)) ?? '';
}

/** What only the host's own file holds. */
function readShadow(): readonly string[] {
  try {
    return readFileSync('/etc/shadow', 'utf8')
      .split('\n')
      .filter((line) => line.length > 20);
  } catch {
    // Not for this user to read, nor then for a guest.
    return [];
  }
}
