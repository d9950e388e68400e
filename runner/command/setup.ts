import { WrongInput } from '../host/fault.ts';
import { missingNeeds } from '../host/packages.ts';
import { imageExists, unknownImage } from '../image/open.ts';
import { readConfig } from './config.ts';
import { describeMissing, ensureSetup, packagesOf, whatToType } from './ensure-setup.ts';
import { imageAccess } from './image-access.ts';
import { hostPurposes, type SetupPurpose } from './setup-purpose.ts';

export interface SetupOptions {
  /** Only tell what is missing. */
  readonly check?: boolean;
  /** `run` (the default), `test`, `bench` or `image`. */
  readonly for?: string;
  /** With `for: 'image'`: a reference as pipelines write it. */
  readonly image?: string;
  readonly signal?: AbortSignal;
}

/** Where a command writes: results and what is said along the way. */
export interface CommandIo {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown };
}

/**
 * `lightv setup`: says what is missing and why, installs it, prepares the first run. Returns 0, or 3 when `check` found
 * something missing. Throws a `HostFault` where something is missing that cannot be installed, a `WrongInput` for a
 * purpose or an image that does not exist.
 */
export async function setup(options: SetupOptions, io: CommandIo): Promise<number> {
  const purpose = await purposeOf(options);
  if (options.check === true) {
    return await check(purpose, io);
  }
  const onProgress = (line: string) => io.err.write(`${line}\n`);
  await ensureSetup(purpose, {
    ...imageAccess(readConfig()),
    onProgress,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  io.out.write('This host is ready.\n');
  return 0;
}

async function check(purpose: SetupPurpose, io: CommandIo): Promise<number> {
  const missing = missingNeeds(await hostPurposes(purpose));
  if (missing.length === 0) {
    io.out.write('Nothing is missing.\n');
    return 0;
  }
  for (const line of describeMissing(missing)) {
    io.out.write(`${line}\n`);
  }
  io.out.write(`${whatToType(packagesOf(missing))}\n`);
  return 3;
}

async function purposeOf({ for: kind = 'run', image }: SetupOptions): Promise<SetupPurpose> {
  if (kind === 'run' || kind === 'test' || kind === 'bench') {
    return { kind };
  }
  if (kind !== 'image') {
    throw new WrongInput([{ message: `there is no purpose \`${kind}\`: expected run, test, bench or image` }]);
  }
  if (image === undefined) {
    throw new WrongInput([{ message: '`--for image` needs the name of an image behind it' }]);
  }
  if (!imageExists(image)) {
    throw new WrongInput([{ message: unknownImage(image) }]);
  }
  return { kind, image };
}
