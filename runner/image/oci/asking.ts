import type { HostPlatform } from './platform.ts';
import type { OciReference } from './reference.ts';
import type { Registry } from './registry.ts';

/** What a pull asks a registry through. */
export interface Asking {
  readonly registry: Registry;
  readonly of: OciReference;
  readonly host: HostPlatform;
  readonly signal: AbortSignal;
  /** Milliseconds before further tries. */
  readonly pauses: readonly number[];
  readonly onProgress: (line: string) => void;
}
