import { access, constants } from 'node:fs/promises';
import { attempt } from '../host/attempt.ts';
import { makeFolder } from '../host/in-place.ts';
import { cacheFolder } from '../host/paths.ts';
import { guestAgent } from '../image/agent.ts';
import { guestKernel } from '../image/kernel.ts';
import { type OpenOptions, openImage, openTool } from '../image/open.ts';
import { demandOfPurpose, type SetupPurpose, takesMicrovm } from './setup-purpose.ts';

export interface PrepareOptions extends Pick<OpenOptions, 'credentials' | 'layerLimit'> {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** What relative references to images start from. */
  readonly repository?: string;
}

/**
 * Makes what first runs would wait for: the guest's init, the guest kernel and the images they use. Quick when all is
 * there.
 */
export async function prepare(purpose: SetupPurpose, options: PrepareOptions): Promise<void> {
  const { images, tools, levels } = demandOfPurpose(purpose);
  await ensureCache(cacheFolder());
  if (levels.size > 0) {
    await guestAgent(options);
  }
  if (takesMicrovm(levels)) {
    await guestKernel(options);
  }
  for (const image of images) {
    await openImage(image, options);
  }
  for (const tool of tools) {
    await openTool(tool, options);
  }
}

async function ensureCache(folder: string): Promise<void> {
  await makeFolder(folder, 0o700);
  const attempted = `write to the cache folder ${folder} (LIGHTV_CACHE_DIR names another)`;
  await attempt(attempted, () => access(folder, constants.W_OK | constants.X_OK));
}
