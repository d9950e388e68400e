/** What an image says of the machines made from it; part of its manifest. */
export interface ImageConfig {
  /** Default environment; a step's wins. Holds at least `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  /** Shells the image has, absolute paths, best first: `['/bin/bash', '/bin/sh']`. */
  readonly shells: readonly string[];
  /** Bytes: what a machine gets when the file names no memory. */
  readonly memory?: number;
  /** Bytes: the least a microVM of this image boots with. */
  readonly minMemory?: number;
}

export interface ImageManifest {
  readonly name: string;
  readonly version: string;
  /** `sha256:` and 64 hex digits over the file system part. */
  readonly digest: string;
  readonly arch: 'x86_64' | 'aarch64';
  readonly config: ImageConfig;
}

/** An image on disk whose digest was checked: a file system from byte 0 on, its manifest behind it in the same file. */
export interface ImageFile extends ImageManifest {
  /** Absolute path of the `.lv` file. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
}
