import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { canRun } from '../machines.ts';
import { endOf, home, logOf, pipeline, run, told } from './lightv.ts';

test('nothing of the host is seen: its environment, its files, its processes', async (t) => {
  if (!(await canRun(t, 'sandbox'))) {
    return;
  }
  const folder = home(t);
  const mark = randomUUID();
  const planted = join(homedir(), `.lightv-e2e-${mark}`);
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
        for place in $PLACES; do cat "$place" "$place"/* 2>/dev/null; done
        ls -a /root /home
        find / -xdev -name '*${mark}*' 2>/dev/null
        cat /proc/self/mountinfo
    - id: environment
      run: |
        env
        cat /proc/[0-9]*/environ | tr '\\0' '\\n'
    - id: processes
      run: |
        for process in /proc/[0-9]*; do tr '\\0' ' ' < $process/cmdline; echo; done
        cat /proc/cmdline /proc/kallsyms /proc/kcore 2>/dev/null | head -c 100 > /dev/null; echo end
`,
  );
  const end = await run(t, folder, file, [], { env: { E2E_HOST_MARK: mark } });
  t.is(end.code, 0, told(end));
  const files = logOf(end.events, 'look', 'files');
  t.false(files.includes(mark), 'a file of the host is read');
  const shadow = readShadow();
  t.true(shadow.every((line) => !files.includes(line)));
  const environment = logOf(end.events, 'look', 'environment');
  t.true(environment.includes('LIGHTV_OUTPUT='), environment);
  t.false(environment.includes(mark) || environment.includes('E2E_HOST_MARK'));
  t.false(environment.includes(homedir() === '/root' ? folder : homedir()), environment);
  t.false(logOf(end.events, 'look', 'processes').includes('main.js'));
});

test('a full network reaches neither the host’s loopback, its other addresses, nor link-local ones', async (t) => {
  if (!(await canRun(t, 'sandbox'))) {
    return;
  }
  t.timeout(120_000);
  const folder = home(t);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('the host answers');
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const targets = ['127.0.0.1', 'localhost', '169.254.169.254', '10.0.2.2', ...own.map(({ address }) => address)]
    .filter((address) => !address.includes(':'))
    .map((address) => `${address}:${port}`);
  const file = pipeline(
    folder,
    `
reach:
  network: full
  steps:
    - run: |
        for target in ${[...new Set(targets)].join(' ')} 169.254.169.254:80; do
          timeout 3 wget -q -T 2 -O - http://$target/$target && echo "reached $target"
        done
        gateway=$(ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p')
        timeout 3 wget -q -T 2 -O - http://$gateway:${port}/gateway && echo "reached the gateway"
        grep -c : /proc/net/dev
        echo end
none:
  steps:
    - run: |
        timeout 3 wget -q -T 2 -O - http://127.0.0.1:${port}/none && echo reached
        grep : /proc/net/dev
`,
  );
  const end = await run(t, folder, file);
  t.is(endOf(end.events, 'reach')?.conclusion, 'success', told(end));
  t.deepEqual(asked, []);
  t.notRegex(logOf(end.events, 'reach'), /reached|the host answers/);
  t.true(Number(logOf(end.events, 'reach', undefined, 'stdout').split('\n').at(-2)) >= 2, 'it has no network at all');
  t.notRegex(logOf(end.events, 'none'), /reached|eth|tap/);
});

test('a secret reaches the steps that list it and no others, and stands nowhere in clear', async (t) => {
  if (!(await canRun(t, 'sandbox'))) {
    return;
  }
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
      artifacts: {name: "kept \${{ secrets.TOKEN }}", path: "*.txt"}
    - id: without
      env: {PUT: "\${{ steps.uses.outcome }}"}
      run: |
        env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'
        test -z "\${TOKEN:-}" && test -z "\${KEY:-}" && echo clean
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
  t.true(logOf(end.events, 'one', 'without').endsWith('clean'), told(end));
  t.notRegex(logOf(end.events, 'other'), /TOKEN|KEY=/);
  const stored = readFileSync(join(folder, 'state', storeFile(folder)), 'latin1');
  t.false(stored.includes(secret), 'the record holds it');
});

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
