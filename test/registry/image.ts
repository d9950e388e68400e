import { createHash } from 'node:crypto';
import { arch } from 'node:os';
import { gzipSync } from 'node:zlib';
import { collect, type TarEntry, tarOf } from '../ground/tar.ts';

/** An image as a registry holds it. */
export interface MadeImage {
  /** Of the manifest. */
  readonly digest: string;
  readonly manifest: Buffer;
  readonly mediaType: string;
  readonly blobs: ReadonlyMap<string, Buffer>;
}

export interface ImageWish {
  /** Each a list of entries, or a tar as it is. */
  readonly layers: readonly (readonly TarEntry[] | Buffer)[];
  /** As in an image's configuration: `Env`, `Entrypoint`, … */
  readonly config?: object;
  readonly architecture?: string;
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** How layers are packed; gzip when left out. */
  readonly pack?: (tar: Buffer) => Buffer;
  /** What the configuration says of the layers' contents instead of the truth. */
  readonly diffIds?: readonly string[];
}

export function digest(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export const hostArchitecture = arch() === 'arm64' ? 'arm64' : 'amd64';

export async function makeImage(wish: ImageWish): Promise<MadeImage> {
  const tars = await Promise.all(
    wish.layers.map(async (layer) => (Buffer.isBuffer(layer) ? layer : await collect(tarOf(...layer)))),
  );
  const packed = tars.map(wish.pack ?? ((tar) => gzipSync(tar)));
  const config = json({
    architecture: wish.architecture ?? hostArchitecture,
    os: 'linux',
    config: wish.config ?? {},
    rootfs: { type: 'layers', diff_ids: wish.diffIds ?? tars.map(digest) },
  });
  const type = wish.docker
    ? {
        manifest: 'application/vnd.docker.distribution.manifest.v2+json',
        config: 'application/vnd.docker.container.image.v1+json',
        layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
      }
    : {
        manifest: 'application/vnd.oci.image.manifest.v1+json',
        config: 'application/vnd.oci.image.config.v1+json',
        layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
      };
  const manifest = json({
    schemaVersion: 2,
    mediaType: type.manifest,
    config: { mediaType: type.config, digest: digest(config), size: config.length },
    layers: packed.map((blob) => ({ mediaType: type.layer, digest: digest(blob), size: blob.length })),
  });
  const blobs = new Map([config, ...packed].map((blob) => [digest(blob), blob]));
  return { digest: digest(manifest), manifest, mediaType: type.manifest, blobs };
}

/** An index of images by platform; `manifests` are what it names. */
export function makeIndex(
  images: readonly {
    readonly image: MadeImage;
    readonly platform: { os: string; architecture: string; variant?: string };
  }[],
): { readonly index: MadeImage; readonly manifests: readonly MadeImage[] } {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    manifests: images.map(({ image, platform }) => ({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.manifest.length,
      platform,
    })),
  });
  const manifests = images.map(({ image }) => image);
  return { index: { digest: digest(manifest), manifest, mediaType, blobs: new Map() }, manifests };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
