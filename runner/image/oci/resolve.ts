import { HostFault, WrongInput } from '../../host/fault.ts';
import { HttpFailure } from '../../host/http.ts';
import { TryAgain, tryAgain } from '../../host/try-again.ts';
import type { Asking } from './asking.ts';
import type { BlobStore } from './blobs.ts';
import { digestOf } from './digest-check.ts';
import {
  acceptedManifests,
  type Descriptor,
  type OciConfig,
  type OciManifest,
  readConfigDocument,
  readManifestDocument,
} from './documents.ts';
import { choosePlatform, platformText, runsOn } from './platform.ts';
import { referenceText } from './reference.ts';
import { again, readBounded } from './registry.ts';

/** Bytes of a manifest or an index: the protocol asks registries for 4 MiB at least, and nobody needs as much. */
const manifestLimit = 4 * 1024 ** 2;
const configLimit = 8 * 1024 ** 2;
const deepestIndex = 3;

/** An image of this machine's platform, known by the digest of its manifest. */
export interface ResolvedImage {
  readonly digest: string;
  readonly manifest: OciManifest;
}

/**
 * The manifest a reference leads to, for this machine. Throws a `WrongInput` for what is not there, not for us or no
 * image, a `HostFault` where a registry answers with something else than it was asked for, a `TryAgain` or an
 * `HttpFailure` where it cannot be asked.
 */
export async function resolveImage(asking: Asking): Promise<ResolvedImage> {
  const name = referenceText(asking.of);
  let at = asking.of.digest ?? asking.of.tag ?? 'latest';
  for (let depth = 0; depth < deepestIndex; depth += 1) {
    const { bytes, digest, type } = await document(asking, at);
    const found = readManifestDocument(bytes, type);
    if (typeof found === 'string') {
      throw new WrongInput([{ message: `${name} cannot be used: ${found}` }]);
    }
    if (found.kind === 'manifest') {
      return { digest, manifest: found.manifest };
    }
    at = choosePlatform(found.index, asking.host, name).digest;
  }
  throw new WrongInput([{ message: `${name} cannot be used: it is an index of indexes of indexes` }]);
}

/** A manifest or index, by tag or digest. A tag's is believed to be what the registry sends. */
async function document({ registry, of, signal, pauses, onProgress }: Asking, at: string) {
  const attempt = async () => {
    const answer = await registry.get(`manifests/${at}`, acceptedManifests, signal);
    if (answer.status === 404) {
      answer.drop();
      throw new WrongInput([{ message: `there is no image ${referenceText(of)}` }]);
    }
    const bytes = await readBounded(answer, manifestLimit).catch((error: unknown) => {
      throw again(error);
    });
    return { bytes, type: answer.headers.get('content-type') ?? '' };
  };
  const { bytes, type } = await tryAgain(attempt, { signal, pauses, onWait: onProgress });
  const digest = digestOf(bytes, at.includes(':') ? at : undefined);
  if (at.includes(':') && digest !== at) {
    throw new HostFault(
      `pull ${referenceText(of)}`,
      `the registry sent a manifest with the digest ${digest} for ${at}`,
    );
  }
  return { bytes, type, digest };
}

/** The configuration of an image, checked against its digest and this machine. Throws as `resolveImage` does. */
export async function resolveConfig(asking: Asking, image: ResolvedImage, blobs: BlobStore): Promise<OciConfig> {
  const name = referenceText(asking.of);
  const descriptor = checkedSize(image.manifest.config, configLimit, name);
  const config = readConfigDocument(await blobs.read(descriptor, asking));
  if (typeof config === 'string') {
    throw new WrongInput([{ message: `${name} cannot be used: its configuration: ${config}` }]);
  }
  if (!runsOn(config, asking.host)) {
    throw new WrongInput([
      { message: `${name} is for ${platformText(config)}; this machine runs linux/${asking.host.architecture}` },
    ]);
  }
  if (config.rootfs.diff_ids.length !== image.manifest.layers.length) {
    const message = `${name} cannot be used: it has ${image.manifest.layers.length} layers, its configuration says ${config.rootfs.diff_ids.length}`;
    throw new WrongInput([{ message }]);
  }
  return config;
}

function checkedSize(descriptor: Descriptor, limit: number, name: string): Descriptor {
  if (descriptor.size > limit) {
    throw new WrongInput([{ message: `${name} cannot be used: its configuration has ${descriptor.size} bytes` }]);
  }
  return descriptor;
}

/** Whether an error says that a registry could not be asked, so that what is known from before may do. */
export function unreachable(error: unknown): error is Error {
  return error instanceof TryAgain || error instanceof HttpFailure;
}
