import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { cacheFolder, stateFolder } from '../../host/paths.ts';
import { openStore, type RunStore } from '../../store/store.ts';
import { sweepDeadRuns } from '../sweep-dead-runs.ts';
import type { VerbDefinition } from '../verbs.ts';

interface Options {
  readonly cache: boolean;
  readonly all: boolean;
}

export const verb: VerbDefinition = (command, end) => {
  command
    .option('--cache', "what pipelines' `cache` kept, too", false)
    .option('--all', 'images, kernels and everything else that can be made again, too', false)
    .action(async ({ cache, all }: Options) => {
      const store = openStore(stateFolder());
      try {
        await sweepDeadRuns(store);
        const removed = await removeEnded(store);
        const living = store.list().length;
        process.stdout.write(
          `${removed} ended ${removed === 1 ? 'run' : 'runs'} removed${living > 0 ? `, ${living} still running left alone` : ''}\n`,
        );
        if (all && living > 0) {
          process.stdout.write('the cache is left alone while runs use it\n');
        } else if (all) {
          await removeFolder(cacheFolder());
        } else if (cache) {
          await removeFolder(join(cacheFolder(), 'caches'));
        }
      } finally {
        store.close();
      }
      end(0);
    });
};

async function removeEnded(store: RunStore): Promise<number> {
  let removed = 0;
  for (const run of store.list()) {
    removed += (await store.remove(run.id)) ? 1 : 0;
  }
  return removed;
}

async function removeFolder(folder: string): Promise<void> {
  await attempt(`remove ${folder}`, () => rm(folder, { recursive: true, force: true }));
  process.stdout.write(`${folder} removed\n`);
}
