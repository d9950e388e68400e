import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Case } from './case.ts';

/** Actions and workflows to call by `owner/repo`, as they lie in folders here. */
const actions = join(import.meta.dirname, 'actions');

const commit = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'first'];

/** The repositories that the workflows of cases lie in, below one folder. */
export class Repositories {
  readonly #folder: string;
  readonly #template: string;
  /** Each of them as a repository with the tag v1. */
  readonly mirror: string;

  /** `fill`: what texts of actions stand for in this run. */
  constructor(folder: string, fill: (text: string) => string) {
    this.#folder = folder;
    this.#template = join(folder, 'template');
    this.mirror = join(folder, 'mirror');
    makeTemplate(this.#template);
    makeMirror(this.mirror, fill);
  }

  /** A repository of one commit that holds the workflow of a case where GitHub looks for it, and its other files. */
  with({ name, workflow, expected: { files } }: Case): string {
    const top = join(this.#folder, name, 'proj');
    const file = join(top, '.github/workflows/ci.yml');
    if (existsSync(top)) {
      return file;
    }
    cpSync(this.#template, top, { recursive: true });
    for (const [path, text] of Object.entries({ ...files, '.github/workflows/ci.yml': workflow })) {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), text);
    }
    git(top, [['add', '-A'], commit]);
    return file;
  }
}

function makeTemplate(top: string): void {
  cpSync(join(actions, 'octo/local'), join(top, 'local'), { recursive: true });
  writeFileSync(join(top, 'file.txt'), 'tracked\n');
  git(top, [
    ['init', '-q', '-b', 'main', '--template='],
    ['remote', 'add', 'origin', 'https://github.com/octo/proj.git'],
  ]);
}

function makeMirror(mirror: string, fill: (text: string) => string): void {
  cpSync(actions, mirror, { recursive: true });
  for (const name of readdirSync(mirror, { recursive: true, encoding: 'utf8' })) {
    const file = join(mirror, name);
    if (/\.ya?ml$/.test(name)) {
      writeFileSync(file, fill(readFileSync(file, 'utf8')));
    }
  }
  for (const name of readdirSync(actions).flatMap((owner) =>
    readdirSync(join(actions, owner)).map((repo) => `${owner}/${repo}`),
  )) {
    git(join(mirror, name), [['init', '-q', '-b', 'main', '--template='], ['add', '-A'], commit, ['tag', 'v1']]);
  }
}

function git(cwd: string, commands: readonly (readonly string[])[]): void {
  for (const args of commands) {
    execFileSync('git', args, { cwd });
  }
}
