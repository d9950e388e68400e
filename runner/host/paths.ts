import { existsSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { sha256 } from './digest.ts';

/** `LIGHTV_CACHE_DIR`, else the XDG cache folder's `lightv`: images, kernels, agents; all of it can be made again. */
export function cacheFolder(): string {
  return own('LIGHTV_CACHE_DIR') ?? join(xdg('XDG_CACHE_HOME', '.cache'), 'lightv');
}

/** `LIGHTV_STATE_DIR`, else the XDG state folder's `lightv`: the record of runs, their logs and artifacts. */
export function stateFolder(): string {
  return own('LIGHTV_STATE_DIR') ?? join(xdg('XDG_STATE_HOME', '.local/state'), 'lightv');
}

/** The XDG configuration folder's `lightv`. */
export function configFolder(): string {
  return join(xdg('XDG_CONFIG_HOME', '.config'), 'lightv');
}

/** Where runs keep sockets and mount points. Short on purpose: a unix socket's path has at most 107 bytes. */
export function scratchFolder(): string {
  const runtime = process.env.XDG_RUNTIME_DIR;
  const user = process.getuid?.() ?? 0;
  const folder = runtime !== undefined && isAbsolute(runtime) && existsSync(runtime) && runtime.length < 24;
  const base = folder ? join(runtime, 'lightv') : join(tmpdir().length < 24 ? tmpdir() : '/tmp', `lightv-${user}`);
  const state = sha256(stateFolder()).slice(0, 6);
  return join(base, state);
}

/** The root of this package: the folder of LightV's own `package.json`, from the sources as from the bundle. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'images', 'init'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new Error(`LightV's own files are incomplete: no images/init above ${import.meta.dirname}`);
    }
    folder = parent;
  }
  return folder;
}

function xdg(variable: string, fallback: string): string {
  const value = process.env[variable];
  return value !== undefined && isAbsolute(value) ? value : join(home(), fallback);
}

/** A folder that a variable of our own names, from where the user stands; set to nothing it is not set. */
function own(variable: string): string | undefined {
  const value = process.env[variable];
  return value === undefined || value === '' ? undefined : resolve(value);
}

/** Where `HOME` is set to nothing or to no whole path, the home of the user's line in /etc/passwd. */
function home(): string {
  return isAbsolute(homedir()) ? homedir() : userInfo().homedir;
}
