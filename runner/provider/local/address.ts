import { WrongInput } from '../../host/fault.ts';

/** `owner/name` is a repository of GitHub; anything else is an address as git takes it. Throws a `WrongInput`. */
export function gitUrl(repository: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(repository) && !repository.startsWith('.')) {
    return `https://github.com/${repository}.git`;
  }
  if (/^(?:https?|ssh|git|file):\/\/[^\s-]|^[\w.-]+@[\w.-]+:[^\s-]|^\//.test(repository)) {
    return repository;
  }
  throw new WrongInput([
    {
      message: `"${withoutUser(repository)}" is no repository; allowed: owner/name, https://, ssh://, git://, file://, user@host:path`,
    },
  ]);
}

/** An address as a guest may know it: without user and password. */
export function withoutUser(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}

/** A text with the user and password taken out of every address in it. */
export function withoutUsers(text: string): string {
  return text.replace(/([a-z+]+:\/\/)[^/\s]*@/gi, '$1');
}

/** Whether an address, as git takes it, leads to a server and not to a place of this host. */
export function isServer(url: string): boolean {
  return /^(?:https?|ssh|git):\/\/[^\s-]|^[\w.-]+@[\w.-]+:[^\s-]/.test(url);
}

/**
 * The address of a submodule as `.gitmodules` of a repository at `parent` writes it, where it leads to a server;
 * `undefined` for one that names a place of this host, which a file of somebody else's must not open.
 */
export function submoduleUrl(url: string, parent: string): string | undefined {
  const absolute = /^\.\.?\//.test(url) ? resolveRelative(url, parent) : url;
  return isServer(absolute) ? absolute : undefined;
}

/** As git does it: `..` takes the last part of the parent's path off. */
function resolveRelative(url: string, parent: string): string {
  let base = parent.replace(/\/+$/, '');
  let rest = url;
  for (let step = /^(\.\.?)\/(.*)$/.exec(rest); step !== null; step = /^(\.\.?)\/(.*)$/.exec(rest)) {
    base = step[1] === '..' ? base.replace(/[/:][^/:]*$/, '') : base;
    rest = step[2] ?? '';
  }
  return `${base}/${rest}`;
}
