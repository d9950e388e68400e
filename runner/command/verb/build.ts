import { build, type ImageBuildOptions } from '../build.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command
    .argument('[folder]', 'folder of an image with its lightv.yaml; none: where you stand')
    .option('-o, --output <file>', 'where to put the image besides the cache')
    .option('--json', 'print the manifest with path and size as JSON', false)
    .action(async (folder: string | undefined, options: ImageBuildOptions) => {
      end(await build(folder, options, { out: process.stdout, err: process.stderr }));
    });
};
