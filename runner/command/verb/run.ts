import { failureEvents } from '../failure-events.ts';
import { Interrupted } from '../report-error.ts';
import { type Begun, onlyShows, runOnce } from '../run-once.ts';
import { addRunOptions, type RunOptions } from '../run-options.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  addRunOptions(command).action(async (paths: string[], options: RunOptions) => {
    const begun: Begun = {};
    try {
      if (options.watch && !onlyShows(options)) {
        const { watchAndRun } = await import('../watch.ts');
        end(await watchAndRun(paths, options));
        return;
      }
      end(await runOnce(paths, options, begun));
    } catch (error) {
      if (options.json && begun.run === undefined && !onlyShows(options)) {
        tellRefusal(error);
      }
      throw error;
    }
  });
};

/** Who reads events alone learns from them too why no run began. */
function tellRefusal(error: unknown): void {
  const failed = { run: '', time: new Date().toISOString(), durationMs: 0, interrupted: error instanceof Interrupted };
  process.stdout.write(
    failureEvents(error, failed)
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
  );
}
