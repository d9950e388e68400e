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
  /** What else an OCI image says; images of a `lightv.yaml` say none of it. */
  readonly container?: ContainerConfig;
}

/** How an OCI image wants to be run as one program. */
export interface ContainerConfig {
  /** Words before those of `cmd`, or of whoever starts it. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `name`, `id`, `name:group` or `id:id`; absent: root. */
  readonly user?: string;
  /** Absolute. */
  readonly workingDir?: string;
  readonly ports: readonly ExposedPort[];
  /** Folders that are to live apart from the image, absolute. */
  readonly volumes: readonly string[];
  readonly health?: HealthCheck;
}

export interface ExposedPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** A command that tells whether what a container serves is usable; times in milliseconds. */
export interface HealthCheck {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  /** Failures in a row that make it unhealthy. */
  readonly retries: number;
  /** In which failures do not count. */
  readonly startPeriod: number;
}

/** What opens a registry. Never in a guest, a log or an error. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
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
