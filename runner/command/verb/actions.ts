import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { WrongInput } from '../../host/fault.ts';
import type { Workflow } from '../../model/workflow.ts';
import { actionFetcher } from '../../provider/local/actions/fetch.ts';
import { lockFile, readLock, writeLock } from '../../provider/local/actions/lock-file.ts';
import { usedCommits } from '../../provider/local/actions/used-commits.ts';
import { repositoryTop } from '../../provider/local/git.ts';
import { dialectOf } from '../../workflow/dialect.ts';
import { readGithubWorkflow } from '../../workflow/github/read.ts';
import { findPipelines } from '../find-pipelines.ts';
import type { VerbDefinition } from '../verbs.ts';

interface LockOptions {
  readonly actionsMirror?: string;
}

export const verb: VerbDefinition = (command, end) => {
  command
    .command('lock')
    .description(`write the commit of every \`uses:\` to ${lockFile}, which later runs hold to`)
    .argument('[path...]', 'workflow files or folders of them; none: those of the repository you stand in')
    .option('--actions-mirror <folder>', 'repositories owner/repo that actions are fetched from instead of GitHub')
    .action(async (paths: string[], options: LockOptions) => {
      await lock(paths, options);
      end(0);
    });
};

async function lock(paths: readonly string[], { actionsMirror }: LockOptions): Promise<void> {
  const stop = new AbortController();
  // Each action that is fetched listens.
  setMaxListeners(0, stop.signal);
  const fetch = actionFetcher({
    run: 'lock',
    warn: (sentence) => process.stderr.write(`lightv: ${sentence}\n`),
    ...(actionsMirror === undefined ? {} : { mirror: resolve(actionsMirror) }),
  });
  for (const [top, files] of await workflowFiles(paths)) {
    const before = (await readLock(top))?.commits ?? new Map<string, string>();
    const commits = await usedCommits(await readAll(files, top), top, fetch, stop.signal);
    await writeLock(top, commits);
    const changed = [...commits].filter(([name, commit]) => before.get(name) !== commit).length;
    const path = relative(process.cwd(), resolve(top, lockFile));
    process.stdout.write(`${path}: ${commits.size} actions, ${changed} of them new or at another commit\n`);
  }
}

/** By the repository they are in. */
async function workflowFiles(paths: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const byTop = new Map<string, string[]>();
  for (const file of await findPipelines(paths)) {
    const text = await attempt(`read ${file}`, () => readFile(file, 'utf8'));
    if (dialectOf(file, text) === 'github') {
      const top = await repositoryTop(dirname(file));
      if (top === undefined) {
        throw new WrongInput([{ message: `${file} is in no git repository, which the lock file belongs to` }]);
      }
      byTop.set(top, [...(byTop.get(top) ?? []), file]);
    }
  }
  if (byTop.size === 0) {
    throw new WrongInput([{ message: 'there is no workflow of GitHub to lock the actions of' }]);
  }
  return byTop;
}

async function readAll(files: readonly string[], top: string): Promise<readonly Workflow[]> {
  const read = await Promise.all(
    files.map(async (file) => readGithubWorkflow(await readFile(file, 'utf8'), file, top)),
  );
  const problems = read.flatMap((each) => each.problems);
  if (problems.length > 0) {
    throw new WrongInput(problems);
  }
  return read.flatMap(({ workflow }) => workflow ?? []);
}
