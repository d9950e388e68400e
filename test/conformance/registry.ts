import { join } from 'node:path';
import type { TarEntry } from '../ground/tar.ts';
import { busyboxLayer } from '../registry/busybox.ts';
import { type MadeImage, makeImage } from '../registry/image.ts';
import { type RealRegistry, realRegistry } from '../registry/real.ts';
import type { Case } from './case.ts';

/** What stands in cases for the registries of a run: one for all, and one that asks for a user and a password. */
const open = 'registry.test';
const locked = 'locked.test';

/** Registries of images made from busybox, for cases that name them. */
export interface TestRegistries {
  /** A text with the hosts that the names in it stand for. */
  fill(text: string): string;
  close(): Promise<void>;
}

export async function testRegistries(folder: string): Promise<TestRegistries> {
  const [one, other] = await Promise.all([
    realRegistry(join(folder, 'registry')),
    realRegistry(join(folder, 'locked'), true),
  ]);
  await pushAll(one, other);
  return {
    fill: (text) => text.replaceAll(open, one.host).replaceAll(locked, other.host),
    async close() {
      await Promise.all([one.close(), other.close()]);
    },
  };
}

/** A case with the registries' hosts in all its texts. */
export function withRegistries(of: Case, { fill }: TestRegistries): Case {
  const expected = JSON.parse(fill(JSON.stringify(of.expected)));
  return { ...of, workflow: fill(of.workflow), expected };
}

const mtime = new Date(0);

/** What an image does when it is run as it is: tells its words and a little of what it finds. */
const entrypoint = `#!/bin/sh
echo "words:$(for word in "$@"; do printf ' [%s]' "$word"; done)"
echo "in $PWD as $(id -u), home $HOME"
[ -z "$INPUT_SAY" ] || echo "say $INPUT_SAY"
[ -z "$SAID" ] || echo "said=$SAID" >> "$GITHUB_OUTPUT"
exit "\${CODE:-0}"
`;

/** One command for all three ends of an action: counts how often it was run by what it keeps. */
const around = `#!/bin/sh
echo "around $1, so far: \${STATE_count:-none},$(cat /github/workspace/log 2>/dev/null)"
echo "count=\${STATE_count:-}I" >> "$GITHUB_STATE"
printf ' %s' "$1" >> /github/workspace/log
`;

/** A server that tells its name, or the word in its file, to whoever asks at port 8080. */
const serve = `#!/bin/sh
echo "starting \${WORD:-a server} as $(id -u) on $(hostname) in $PWD, home $HOME"
mkdir -p /tmp/www
echo "\${WORD:-no word} of $(hostname)" > /tmp/www/word
[ -z "$LATE" ] || sleep "$LATE"
touch /tmp/ready
exec httpd -f -p "\${PORT:-8080}" -h /tmp/www
`;

type Build = (config: object, ...layers: (readonly TarEntry[])[]) => Promise<MadeImage>;

async function pushServers(registry: RealRegistry, image: Build, path: string): Promise<void> {
  const script = [{ name: 'serve.sh', mode: 0o755, mtime, text: serve }];
  const server = { Env: [path], Cmd: ['/serve.sh'], ExposedPorts: { '8080/tcp': {} }, WorkingDir: '/srv' };
  await registry.push('server', '1', await image(server, script));
  const checked = { ...server, Healthcheck: { Test: ['CMD', 'test', '-e', '/tmp/ready'], Interval: 20_000_000_000 } };
  await registry.push('server', 'checked', await image(checked, script));
  await registry.push('server', 'user', await image({ ...server, User: 'app' }, script));
}

/** Puts the images that cases name into both registries. */
export async function pushAll(registry: RealRegistry, behind: RealRegistry): Promise<void> {
  const base = await busyboxLayer();
  const path = 'PATH=/bin:/usr/bin';
  const image: Build = async (config, ...layers) => await makeImage({ layers: [base, ...layers], config });
  const app = await image({ Env: [path, 'APP=of the image', 'HOME=/nowhere'], WorkingDir: '/srv' });
  await registry.push('app', '1', app);
  await registry.push('app', 'user', await image({ Env: [path], User: 'app' }));
  const run = { name: 'entrypoint.sh', mode: 0o755, mtime, text: entrypoint };
  const script = { name: 'around.sh', mode: 0o755, mtime, text: around };
  const tool = await image({ Env: [path], Entrypoint: ['/entrypoint.sh'], Cmd: ['of', 'the image'] }, [run, script]);
  await registry.push('tool', '1', tool);
  await pushServers(registry, image, path);
  await behind.push('app', '1', await image({ Env: [path, 'APP=behind a password'] }));
}
