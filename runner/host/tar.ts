import { type Extract, type Header, type Pack, pack } from 'tar-stream';
import { attempt } from './attempt.ts';

/** One entry of a tar that is read: its header, and its contents to read at most once. */
export type TarEntry = AsyncIterable<Uint8Array> & { readonly header: Header; resume(): unknown };

/**
 * The tar of the entries that `fill` adds. Fails as `attempt` does when `fill` throws; read no further, it makes `fill`
 * end too.
 */
export async function* packing(
  attempted: string,
  fill: (archive: Pack) => Promise<void>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const work = async () => {
    await fill(archive);
    archive.finalize();
  };
  const filling = attempt(attempted, work, signal).catch((error: Error) => {
    archive.destroy(error);
  });
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } finally {
    archive.destroy();
    await filling;
  }
}

/** Writes a tar into its reader. Never rejects: an error of the source is thrown where the entries are taken. */
export async function feed(tar: AsyncIterable<Uint8Array>, reader: Extract): Promise<void> {
  try {
    for await (const chunk of tar) {
      if (!reader.destroyed && !reader.write(chunk)) {
        await taken(reader);
      }
      if (reader.destroyed) {
        return;
      }
    }
    reader.end(undefined);
  } catch (error) {
    reader.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Resolves once the reader takes more, or is destroyed. */
function taken(reader: Extract): Promise<void> {
  if (reader.destroyed) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const go = () => {
      reader.off('drain', go).off('close', go);
      resolve();
    };
    reader.on('drain', go).on('close', go);
  });
}
