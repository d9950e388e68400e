// Bundles the command line (and the action) into runner/dist and links node_modules/.bin/lightv, so that
// `npx lightv` works in a clone. Run by `npm ci` through the `prepare` script; needs no network and no compiler.
import { existsSync } from 'node:fs';
import { lstat, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const runner = import.meta.dirname;
const root = join(runner, '..');

// Some dependencies are CommonJS and call `require` for Node's own modules.
const banner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

async function bundle() {
  const entries = ['main.ts', 'action.ts'].map((name) => join(runner, name)).filter((file) => existsSync(file));
  // Beside the sources nothing but finished bundles may stand: tests look at that folder.
  const fresh = join(root, 'node_modules', `.lightv-${process.pid}`);
  await build({
    entryPoints: entries,
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    chunkNames: 'part-[name]-[hash]',
    banner: { js: banner },
    external: ['libsql'],
    legalComments: 'linked',
    logLevel: 'warning',
  });
  await replaceFolder(fresh, join(runner, 'dist'));
}

/** A run that has started from the old bundle may still load parts of it, so the old folder goes last. */
async function replaceFolder(fresh, folder) {
  const old = `${fresh}.old`;
  for (;;) {
    await rename(folder, old).catch(unlessCode('ENOENT'));
    const placed = await rename(fresh, folder).then(() => true, unlessCode('ENOTEMPTY', 'EEXIST'));
    await rm(old, { recursive: true, force: true });
    if (placed) {
      return;
    }
    // Another build put its own in place between the two steps.
  }
}

function unlessCode(...codes) {
  return (error) => {
    if (!codes.includes(error.code)) {
      throw error;
    }
    return false;
  };
}

/** npm links the programs of dependencies, not the package's own. */
async function linkProgram() {
  const bin = join(root, 'node_modules', '.bin');
  if (!existsSync(join(root, 'node_modules'))) {
    return;
  }
  await mkdir(bin, { recursive: true });
  const link = join(bin, 'lightv');
  if ((await lstat(link).catch(() => undefined)) === undefined) {
    await symlink('../../runner/lightv.mjs', link);
  }
}

await bundle();
await linkProgram();
