import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { sha256 } from '../host/digest.ts';
import { HostFault, WrongInput } from '../host/fault.ts';
import { isSystemError } from '../host/in-place.ts';
import type { ImageManifest } from '../model/image.ts';
import { decodeFooter, type Footer, footerSize } from './footer.ts';

const absolute = z
  .string()
  .max(4096)
  .regex(/^\/[^\0]*$/, 'expected an absolute path');
const bytes = z.int().positive();
const variable = z
  .string()
  .max(128 * 1024)
  .regex(/^[^\0]*$/, 'must not hold a NUL');

const container = z.strictObject({
  entrypoint: z.array(variable).max(1024),
  cmd: z.array(variable).max(1024),
  user: z
    .string()
    .regex(/^[^:\s\0]+(?::[^:\s\0]+)?$/)
    .optional(),
  workingDir: absolute.optional(),
  ports: z.array(z.strictObject({ port: z.int().min(1).max(65_535), protocol: z.enum(['tcp', 'udp']) })).max(1024),
  volumes: z.array(absolute).max(1024),
  health: z
    .strictObject({
      command: z.array(variable).min(1).max(1024),
      interval: bytes,
      timeout: bytes,
      retries: z.int().min(1),
      startPeriod: z.int().min(0),
    })
    .optional(),
});

const manifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  version: z.string().min(1).max(128),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  arch: z.enum(['x86_64', 'aarch64']),
  config: z.strictObject({
    env: z.record(z.string().regex(/^[^=\0]+$/), variable).refine((env) => 'PATH' in env, 'has no PATH'),
    shells: z.array(absolute).max(64),
    memory: bytes.optional(),
    minMemory: bytes.optional(),
    container: container.optional(),
  }),
});

/** What a `.lv` file says of itself. Its file system part was not looked at yet. */
export interface ReadManifest {
  readonly manifest: ImageManifest;
  readonly footer: Footer;
  /** Bytes of the whole file. */
  readonly size: number;
}

/**
 * Reads the manifest of an image. Throws a `WrongInput` for a file that is no sound image, a `HostFault` for one that
 * cannot be read.
 */
export async function readManifest(path: string): Promise<ReadManifest> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    return await readFrom(file, path);
  } catch (error) {
    if (isSystemError(error)) {
      throw error.code === 'ENOENT' ? refused(path, 'is not there') : new HostFault(`read the image ${path}`, error);
    }
    throw error;
  } finally {
    await file?.close();
  }
}

async function readFrom(file: FileHandle, path: string): Promise<ReadManifest> {
  const stat = await file.stat();
  if (!stat.isFile()) {
    throw refused(path, 'is not a file');
  }
  const footer = decodeFooter(await readPart(file, Math.max(0, stat.size - footerSize), footerSize), stat.size);
  if (typeof footer === 'string') {
    throw refused(path, footer);
  }
  const text = await readPart(file, footer.fileSystemSize, footer.manifestSize);
  if (sha256(text) !== footer.manifestDigest) {
    throw refused(path, 'is damaged: its manifest was changed after it was packed');
  }
  return { manifest: parseManifest(path, text), footer, size: stat.size };
}

async function readPart(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
  return buffer.subarray(0, bytesRead);
}

function parseManifest(path: string, text: Buffer): ImageManifest {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw refused(path, 'is damaged: its manifest is not JSON');
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refused(path, `has a manifest that is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`);
  }
  // zod says `undefined` where the model says absent; JSON has no undefined.
  return result.data as ImageManifest;
}

/** The `WrongInput` for an image file that is not to be used; `why` follows the file's name. */
export function refused(path: string, why: string): WrongInput {
  return new WrongInput([{ message: `the image ${path} ${why}` }]);
}
