import { type SetupOptions, setup } from '../setup.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command
    .option('--check', 'only tell what is missing', false)
    .option('--for <purpose>', 'what to set up for: run, test or image')
    .argument('[image]', 'with `--for image`: which')
    .action(async (image: string | undefined, options: SetupOptions) => {
      const given = image === undefined ? options : { ...options, image };
      end(await setup(given, { out: process.stdout, err: process.stderr }));
    });
};
