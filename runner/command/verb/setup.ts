import { listenForInterrupt } from '../interrupt.ts';
import { Interrupted } from '../report-error.ts';
import { type SetupOptions, setup } from '../setup.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command
    .option('--check', 'only tell what is missing', false)
    .option('--for <purpose>', 'what to set up for: run, test, bench or image')
    .argument('[image]', 'with `--for image`: which')
    .action(async (image: string | undefined, options: SetupOptions) => {
      const say = (text: string) => process.stderr.write(`lightv: ${text}\n`);
      const interrupt = listenForInterrupt(say, () => {});
      const given = { ...options, ...(image === undefined ? {} : { image }), signal: interrupt.signal };
      try {
        end(await setup(given, { out: process.stdout, err: process.stderr }));
      } catch (error) {
        throw interrupt.signal.aborted ? new Interrupted() : error;
      } finally {
        interrupt.close();
      }
    });
};
