import { WrongInput } from '../host/fault.ts';

/**
 * The name of a tar entry as a clean relative path, `''` for the folder itself. Throws a `WrongInput` for an absolute
 * name, one with `..` or a NUL, and one longer than a path may be.
 */
export function entryPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || name.includes('\0') || Buffer.byteLength(name) > 4000) {
    throw new WrongInput([{ message: `the path ${JSON.stringify(name.slice(0, 200))} leads out of the artifact` }]);
  }
  return parts.join('/');
}

/** A link's target by the link's own path, both as entries name them. */
export type Links = ReadonlyMap<string, string>;

/**
 * Whether following the link at `path` ever leaves the folder. Every link on the way is followed as the kernel would:
 * cutting `..` out of the text is not enough, because `a/..` is not where `a` stands when `a` is a link.
 */
export function linkStaysInside(path: string, links: Links): boolean {
  const todo = path.split('/');
  const at: string[] = [];
  for (let steps = 0; todo.length > 0; steps += 1) {
    const part = todo.shift();
    if (steps > 10_000) {
      return false;
    }
    if (part === '..' && at.pop() === undefined) {
      return false;
    }
    if (part === undefined || part === '' || part === '.' || part === '..') {
      continue;
    }
    const target = links.get([...at, part].join('/'));
    if (target === undefined) {
      at.push(part);
    } else if (target.startsWith('/')) {
      return false;
    } else {
      todo.unshift(...target.split('/'));
    }
  }
  return true;
}
