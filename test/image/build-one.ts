import { buildImage } from '../../runner/image/build.ts';

/** A process of its own that builds the image of the folder it is given and prints what came of it. */
const [folder = ''] = process.argv.slice(2);
let built = false;
const image = await buildImage(folder, {
  onProgress: (line) => {
    built ||= line.startsWith('packing');
  },
});
process.stdout.write(`${JSON.stringify({ digest: image.digest, path: image.path, built })}\n`);
