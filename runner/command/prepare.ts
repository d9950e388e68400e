import { guestAgent } from '../image/agent.ts';
import { guestKernel } from '../image/kernel.ts';
import { openImage } from '../image/open.ts';
import type { SetupPurpose } from './setup-purpose.ts';

export interface PrepareOptions {
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** What relative references to images start from. */
  readonly repository?: string;
}

/** Makes what first runs would wait for: the guest's init, the guest kernel and the image they use. Quick when all is there. */
export async function prepare(purpose: SetupPurpose, options: PrepareOptions): Promise<void> {
  if (purpose.kind === 'image') {
    await openImage(purpose.image, options);
    return;
  }
  const telling = options.onProgress ? { onProgress: options.onProgress } : {};
  await guestAgent(telling);
  await guestKernel(telling);
  await openImage('busybox', options);
}
