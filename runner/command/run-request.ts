import type { Plan } from '../model/plan.ts';
import { secretsRead } from '../plan/secret-uses.ts';
import { type ReadOptions, readPlans } from '../provider/local/read-plans.ts';
import { askHidden } from './ask-hidden.ts';
import type { Config } from './config.ts';
import { readEnvironment, readPairs, readSecrets } from './given.ts';
import { imageNames } from './image-access.ts';
import { localFiles, localFilesNotice } from './local-files.ts';
import { askedFiles, hostBounds, readRequest } from './plan-request.ts';
import type { RunOptions } from './run-options.ts';
import type { EarlierFile } from './run-services.ts';
import type { FailedStep } from './visit-request.ts';

/** What made the plans of a run what they are, but for its secrets; kept for a rerun. */
export interface Asked {
  readonly read: Omit<ReadOptions, 'host' | 'secrets' | 'event' | 'fetchFor' | 'found' | 'idle'>;
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
  /** The step that is to be looked at instead of being run. */
  readonly visiting?: FailedStep;
}

/** What arguments and options ask for. Throws a `WrongInput` with everything that is wrong. */
export async function freshRequest(paths: readonly string[], asking: RunOptions, config: Config): Promise<RunRequest> {
  const { files, found } = await askedFiles(paths, asking);
  const local = await localFiles(files[0], asking);
  const options = { ...asking, ...local };
  const images = imageNames({ ...config.images, ...readPairs('--platform', options.platform, undefined) });
  const all: Omit<ReadOptions, 'secrets'> = {
    ...readRequest({ files, found }, options, config),
    images,
    host: hostBounds(config, options.memory),
    env: readEnvironment(options.env, options.envFile),
    demandInputs: !(options.list || options.dryRun || options.dryrun),
    idle: options.dryRun || options.dryrun,
    ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
  };
  const { host: _, event: __, fetchFor: ___, found: ____, idle: _____, ...kept } = all;
  const { actionsMirror, realCheckout } = options;
  const asked = { read: kept, images, realCheckout, ...(actionsMirror === undefined ? {} : { actionsMirror }) };
  const planned = await planWithSecrets(options, (_, names) => readPlans(files, { ...all, ...names }));
  return { ...planned, plans: withNotice(planned.plans, localFilesNotice(local)), asked };
}

/**
 * Plans made with the secrets of the command line. On a terminal those without a value are asked for: an empty answer is
 * one. Lists and dry runs need none.
 */
export async function planWithSecrets(
  options: RunOptions,
  plan: (secrets: ReadonlyMap<string, string>, names: Pick<ReadOptions, 'secrets'>) => Promise<readonly Plan[]>,
): Promise<{ plans: readonly Plan[]; secrets: ReadonlyMap<string, string> }> {
  const ask = process.stdin.isTTY ? askHidden : undefined;
  const secrets = new Map(await readSecrets(options.secret, options.secretFile, ask));
  if (options.list || options.dryRun || options.dryrun) {
    return { plans: await plan(secrets, {}), secrets };
  }
  if (ask !== undefined) {
    const known = new Set([...secrets.keys()].map((name) => name.toLowerCase()));
    const read = (await plan(secrets, {})).flatMap((each) => secretsRead(each).map(({ name }) => name));
    for (const name of read.filter((each) => !known.has(each.toLowerCase()))) {
      known.add(name.toLowerCase());
      secrets.set(name, await ask(name));
    }
  }
  return { plans: await plan(secrets, { secrets: new Set(secrets.keys()) }), secrets };
}

/** The plans, with something to be told at the start of their runs. */
export function withNotice(plans: readonly Plan[], notice: string | undefined): readonly Plan[] {
  return notice === undefined ? plans : plans.map((plan) => ({ ...plan, notices: [notice, ...plan.notices] }));
}
