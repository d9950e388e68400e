import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import type { ActionServices } from '../../model/job-services.ts';
import type { ArtifactStore } from '../../model/lease.ts';
import { type CacheOptions, openCache } from '../cache/store.ts';
import { defaultBounds } from '../unpack.ts';
import { Endpoint } from './endpoint.ts';
import type { SigningKey } from './oidc-key.ts';
import { RunArtifacts } from './run-artifacts.ts';

export interface ActionServicesOptions {
  /** The run's id. */
  readonly run: string;
  readonly artifacts: ArtifactStore;
  /** Where caches are kept; the scope is the repository's. */
  readonly caches: CacheOptions;
  /** A folder of the run's own for what is only needed while it goes on. */
  readonly folder: string;
  /** The file of the key that identity tokens are signed with; made when the first is asked for. */
  readonly keyFile: string;
  readonly now: () => Date;
}

/**
 * The services that actions of a run's jobs talk to. Nothing is made on the host before something is sent to them, and
 * libraries for signatures and zips are loaded when they are needed: together they take a tenth of a second.
 */
export function openActionServices(options: ActionServicesOptions): ActionServices {
  const { folder, keyFile, now, run } = options;
  const { caches } = options;
  const artifacts = new RunArtifacts(options.artifacts, join(folder, 'artifacts'), now);
  let key: Promise<SigningKey> | undefined;
  const parts = {
    run,
    artifacts,
    openScope: (ref: string) => openCache({ ...caches, scope: `${caches.scope}\n${ref}` }),
    saving: new Set<string>(),
    folder: join(folder, 'uploads'),
    limits: { artifact: defaultBounds.bytes, cache: caches.limit },
    signingKey: () => {
      key ??= import('./oidc-key.ts').then(({ signingKey }) => signingKey(keyFile));
      return key;
    },
    now,
  };
  const open = new Set<Endpoint>();
  return {
    open: (job) => {
      const endpoint = new Endpoint(job, parts);
      open.add(endpoint);
      return endpoint;
    },
    close: async () => {
      await Promise.all([...open].map((endpoint) => endpoint.close()));
      await attempt(`remove ${folder}`, () => rm(folder, { recursive: true, force: true }));
    },
  };
}
