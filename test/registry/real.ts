import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { MadeImage } from './image.ts';

export interface RealRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  push(name: string, tag: string, image: MadeImage): Promise<void>;
  close(): Promise<void>;
}

/** User and password of a registry that asks for them, with the line of its htpasswd file. */
export const account = {
  username: 'ada',
  password: 'difference engine',
  line: 'ada:$2b$05$LightVLightVLightVLig.ey68e/gU.awm6QHCHIE1t7CPK8hVwMm',
};

/** Debian's docker-registry on a free port of loopback, its files in `folder`; with `locked` it asks for `account`. */
export async function realRegistry(folder: string, locked = false): Promise<RealRegistry> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const config = join(folder, 'config.yml');
  const users = join(folder, 'users');
  writeFileSync(users, `${account.line}\n`);
  writeFileSync(config, configText(join(folder, 'data'), locked ? users : undefined));
  const child = execa('setpriv', ['--pdeathsig', 'KILL', 'docker-registry', 'serve', config], {
    reject: false,
    buffer: false,
    stdin: 'ignore',
    env: { OTEL_TRACES_EXPORTER: 'none' },
  });
  const host = await Promise.race([
    listening(child.stderr),
    child.then(({ shortMessage }) => Promise.reject(new Error(`docker-registry: ${shortMessage}`))),
  ]);
  const headers = locked
    ? { authorization: `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}` }
    : {};
  return {
    host,
    push: (name, tag, image) => push(`http://${host}`, name, tag, image, headers),
    async close() {
      child.kill('SIGKILL');
      await child;
    },
  };
}

function configText(data: string, users: string | undefined): string {
  const auth = users === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: users } } };
  return JSON.stringify({
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: data }, delete: { enabled: false } },
    http: { addr: '127.0.0.1:0' },
    ...auth,
  });
}

function listening(stderr: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    // What it says later must go somewhere, too.
    createInterface({ input: stderr }).on('line', (line) => {
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) {
        resolve(address);
      }
    });
  });
}

type Headers = Readonly<Record<string, string>>;

async function push(base: string, name: string, tag: string, image: MadeImage, headers: Headers): Promise<void> {
  for (const [digest, blob] of image.blobs) {
    const started = await send(`${base}/v2/${name}/blobs/uploads/`, 'POST', headers);
    const upload = new URL(started.headers.get('location') ?? '', base);
    upload.searchParams.set('digest', digest);
    await send(upload.href, 'PUT', { ...headers, 'content-type': 'application/octet-stream' }, blob);
  }
  const to = `${base}/v2/${name}/manifests/${tag}`;
  await send(to, 'PUT', { ...headers, 'content-type': image.mediaType }, image.manifest);
}

async function send(url: string, method: string, headers: Headers, body?: Buffer): Promise<Response> {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: new Uint8Array(body) }) });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url}: ${response.status} ${text}`);
  }
  return response;
}
