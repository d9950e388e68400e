import type { Folder, Leaf } from './image-node.ts';
import { refusedEntry } from './refused-entry.ts';

/** How many links a path may lead over, as in the kernel. */
const mostLinks = 40;
/** Folders in each other: more than a path of 4096 bytes can name. */
const deepest = 1024;

/** One way through the tree, links followed inside it: `..` at its top stays there. */
export class TreeWalk {
  readonly #root: Folder;
  readonly #missing: (folder: Folder, part: string) => Folder | undefined;
  readonly #name: string;
  #links = 0;

  constructor(root: Folder, missing: (folder: Folder, part: string) => Folder | undefined, name: string) {
    this.#root = root;
    this.#missing = missing;
    this.#name = name;
  }

  end(parts: readonly string[]): Leaf | Folder | undefined {
    const todo = [...parts].reverse();
    const way: Folder[] = [this.#root];
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      const here = way.at(-1) ?? this.#root;
      if (part === '..') {
        way.splice(Math.max(1, way.length - 1));
        continue;
      }
      const next = here.children.get(part) ?? this.#missing(here, part);
      if (next?.kind === 'folder') {
        way.push(next);
        this.#checkDepth(way);
      } else if (next?.inode.kind === 'symlink') {
        this.#follow(next.inode.target, todo, way);
      } else {
        return todo.length === 0 ? next : undefined;
      }
    }
    return way.at(-1);
  }

  /** Links into the depth could lead ever deeper. */
  #checkDepth(way: readonly Folder[]): void {
    if (way.length > deepest) {
      throw refusedEntry(this.#name, `it is more than ${deepest} folders deep`);
    }
  }

  #follow(target: string, todo: string[], way: Folder[]): void {
    this.#links += 1;
    if (this.#links > mostLinks) {
      throw refusedEntry(this.#name, 'links on its way lead in a circle');
    }
    if (target.startsWith('/')) {
      way.splice(1);
    }
    todo.push(
      ...target
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .reverse(),
    );
  }
}
