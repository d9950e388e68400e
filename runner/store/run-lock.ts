import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptSync } from '../host/attempt.ts';
import { claimLives, ownClaim, processClaim, readIfThere } from './process-claim.ts';

/** Says in the run's folder that this process runs it. The claim ends with the process, however that ends. */
export function lockRun(folder: string): void {
  attemptSync(`lock the run in ${folder}`, () => {
    writeFileSync(join(folder, 'lock'), JSON.stringify(ownClaim()), { flag: 'wx' });
  });
}

/** Whether the process that locked the run in `folder` still lives. A folder without a readable lock has none. */
export function runLives(folder: string): boolean {
  const text = readIfThere(join(folder, 'lock'));
  const parsed = text === undefined ? undefined : processClaim.safeParse(parseJson(text));
  return parsed?.success === true && claimLives(parsed.data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A process that died while it wrote its lock holds none.
    return undefined;
  }
}
