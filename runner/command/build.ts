import { resolve } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { buildImage } from '../image/build.ts';
import { ensureHost } from './ensure-setup.ts';
import type { CommandIo } from './setup.ts';

export interface ImageBuildOptions {
  /** Where to put the image besides the cache. */
  readonly output?: string;
  /** Print the manifest with path and size as JSON. */
  readonly json?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * `lightv build`: makes the image of a folder (the working directory when left out) and prints where it is. Returns 0;
 * throws a `WrongInput` for a wrong definition, a `HostFault` where it cannot be built.
 */
export async function build(folder: string | undefined, options: ImageBuildOptions, io: CommandIo): Promise<number> {
  const { output, signal } = options;
  const onProgress = (line: string) => io.err.write(`${line}\n`);
  const working = { onProgress, ...(signal ? { signal } : {}) };
  const from = resolve(folder ?? '.');
  await ensureHost({ kind: 'image', image: from }, working);
  const image = await buildImage(from, { ...working, ...(output === undefined ? {} : { output }) });
  io.out.write(
    options.json === true
      ? `${JSON.stringify(image)}\n`
      : `${image.path}\n${image.name} ${image.version}, ${image.arch}, ${prettyBytes(image.size)}, ${image.digest}\n`,
  );
  return 0;
}
