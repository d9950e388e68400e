import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { attemptSync } from '../host/attempt.ts';
import { stateFolder } from '../host/paths.ts';
import { wholeRoom } from '../host/room.ts';
import type { Plan, PlanBounds } from '../model/plan.ts';
import type { Given } from '../provider/local/contexts.ts';
import { type ReadOptions, readPlans } from '../provider/local/read-plans.ts';
import type { Config } from './config.ts';
import { findPipelines } from './find-pipelines.ts';
import { readMatrixFilter, readPairs, readPayload } from './given.ts';
import { imageNames } from './image-access.ts';
import { localFiles } from './local-files.ts';
import type { SelectOptions } from './run-options.ts';
import { workflowFetcher } from './workflow-fetcher.ts';

/** CPUs and bytes that machines may take here, after the configuration and `--memory`. */
export function hostBudget(config: Config, memory?: number): { cpu: number; memory: number } {
  const constrained = process.constrainedMemory();
  const installed = constrained > 0 && constrained < totalmem() ? constrained : totalmem();
  return {
    cpu: config.budget?.cpu ?? availableParallelism(),
    memory: Math.min(memory ?? config.budget?.memory ?? installed, installed),
  };
}

/** What one machine may ask of this host: the budget, and a disk as large as the file system that keeps it. */
export function hostBounds(config: Config, memory?: number): PlanBounds['host'] {
  const disk = attemptSync('look at the disk', () => wholeRoom(stateFolder()));
  // Some file systems do not say.
  return { ...hostBudget(config, memory), ...(disk === 0 ? {} : { disk }) };
}

/** The plans that arguments and options ask for. Throws a `WrongInput` with everything that is wrong. */
export async function requestedPlans(
  paths: readonly string[],
  options: SelectOptions,
  config: Config,
): Promise<readonly Plan[]> {
  const asked = await askedFiles(paths, options);
  const files = await localFiles(asked.files[0], options);
  return await readPlans(asked.files, readRequest(asked, { ...options, ...files }, config));
}

/** Pipeline files, absolute, and which of them nobody named. */
export interface AskedFiles {
  readonly files: readonly string[];
  readonly found: ReadonlySet<string>;
}

/** The files that arguments and options ask for. Throws a `WrongInput` where there are none. */
export async function askedFiles(
  paths: readonly string[],
  { workflows }: Pick<SelectOptions, 'workflows'>,
): Promise<AskedFiles> {
  const asked = [...paths, ...workflows];
  const files = (await findPipelines(asked)).map((file) => resolve(file));
  const named = new Set(asked.map((path) => resolve(path)));
  return { files, found: new Set(files.filter((file) => !named.has(file))) };
}

/** How files are to be planned. Throws a `WrongInput`. */
export function readRequest({ found }: AskedFiles, options: SelectOptions, config: Config): ReadOptions {
  const payload = readPayload(options);
  const given: Given = {
    vars: readPairs('--var', options.var, options.varFile),
    inputs: readPairs('--input', options.input, options.inputFile),
    ...(options.event === undefined ? {} : { event: options.event }),
    ...(payload === undefined ? {} : { payload }),
  };
  const matrix = readMatrixFilter(options.matrix);
  return {
    given,
    fetchFor: workflowFetcher(options),
    found,
    host: hostBounds(config),
    ...(options.job.length === 0 ? {} : { jobs: options.job }),
    ...(options.step === undefined ? {} : { step: options.step }),
    ...(options.event === undefined ? {} : { event: options.event }),
    ...(options.dialect === undefined ? {} : { dialect: options.dialect }),
    ...(matrix.size === 0 ? {} : { matrix }),
    ...(config.isolation === undefined ? {} : { defaultIsolation: config.isolation }),
    ...(config.images === undefined ? {} : { images: imageNames(config.images) }),
  };
}
