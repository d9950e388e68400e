import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { MadeImage } from './image.ts';

/** Takes a request that is to go wrong, and says whether it did. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface FakeRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** `METHOD path` of each request so far, with ` +auth` where it carried credentials. */
  readonly asked: string[];
  /** Puts an image at `name:tag`, and at its digest. */
  put(name: string, tag: string, image: MadeImage): void;
  /** Looks at every request first; the last one set holds. */
  fault: Fault;
  close(): Promise<void>;
}

/** A registry on loopback that serves what a test puts there, and misbehaves as told. */
export async function fakeRegistry(t: Pick<ExecutionContext, 'teardown'>): Promise<FakeRegistry> {
  const documents = new Map<string, { readonly body: Buffer; readonly type: string }>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push(`${request.method} ${path}${request.headers.authorization === undefined ? '' : ' +auth'}`);
    if (registry.fault(request, response)) {
      return;
    }
    const found = documents.get(path);
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': found?.type ?? 'application/json' });
    response.end(found?.body ?? '{"errors":[{"code":"NOT_FOUND","message":"not here"}]}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const registry: FakeRegistry = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    put(name, tag, { digest, manifest, mediaType, blobs }) {
      for (const at of [tag, digest]) {
        documents.set(`/v2/${name}/manifests/${at}`, { body: manifest, type: mediaType });
      }
      for (const [of, body] of blobs) {
        documents.set(`/v2/${name}/blobs/${of}`, { body, type: 'application/octet-stream' });
      }
    },
    fault: () => false,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  t.teardown(() => registry.close());
  return registry;
}
