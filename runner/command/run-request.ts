import type { Plan } from '../model/plan.ts';
import { type ReadOptions, readPlans } from '../provider/local/read-plans.ts';
import { askHidden } from './ask-hidden.ts';
import type { Config } from './config.ts';
import { readEnvironment, readPairs, readSecrets } from './given.ts';
import { imageNames } from './image-access.ts';
import { hostBounds, readRequest } from './plan-request.ts';
import type { RunOptions } from './run-options.ts';
import type { EarlierFile } from './run-services.ts';

/** What made the plans of a run what they are, but for its secrets; kept for a rerun. */
export interface Asked {
  readonly read: Omit<ReadOptions, 'host' | 'secrets' | 'event' | 'fetchFor' | 'found'>;
  /** Other names for images. */
  readonly images: Readonly<Record<string, string>>;
  readonly actionsMirror?: string;
  readonly realCheckout: boolean;
}

/** What there is to run. */
export interface RunRequest {
  readonly plans: readonly Plan[];
  readonly asked: Asked;
  readonly secrets: ReadonlyMap<string, string>;
  /** The run it goes on from. */
  readonly earlier?: EarlierFile;
}

/** What arguments and options ask for. Throws a `WrongInput` with everything that is wrong. */
export async function freshRequest(paths: readonly string[], options: RunOptions, config: Config): Promise<RunRequest> {
  const images = imageNames({ ...config.images, ...readPairs('--platform', options.platform, undefined) });
  const secrets = await givenSecrets(options);
  const { files, read } = await readRequest(paths, options, config);
  const all: ReadOptions = {
    ...read,
    images,
    host: hostBounds(config, options.memory),
    env: readEnvironment(options.env, options.envFile),
    secrets: new Set(secrets.keys()),
    demandInputs: !(options.list || options.dryRun || options.dryrun),
    idle: options.dryRun || options.dryrun,
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
  };
  const { host: _, secrets: __, event: ___, fetchFor: ____, found: _____, ...kept } = all;
  const { actionsMirror, realCheckout } = options;
  const asked = { read: kept, images, realCheckout, ...(actionsMirror === undefined ? {} : { actionsMirror }) };
  return { plans: await readPlans(files, all), asked, secrets };
}

/** Secrets of the command line; one without a value is asked for where there is a terminal. */
export async function givenSecrets({ secret, secretFile }: RunOptions): Promise<ReadonlyMap<string, string>> {
  return await readSecrets(secret, secretFile, process.stdin.isTTY ? askHidden : undefined);
}
