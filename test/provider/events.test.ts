import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Json, Trigger } from '../../runner/model/workflow.ts';
import { changedFiles } from '../../runner/provider/local/changed-files.ts';
import { localContexts } from '../../runner/provider/local/contexts.ts';
import { folder } from '../ground/folder.ts';

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A commit on main, then two on the branch `topic`, which is at hand. */
function repository(t: ExecutionContext): string {
  const top = folder(t);
  git(top, 'init', '-q', '-b', 'main');
  git(top, 'remote', 'add', 'origin', 'https://github.com/octo/proj.git');
  commit(top, 'base.txt', 'the base');
  git(top, 'checkout', '-q', '-b', 'topic');
  commit(top, 'one.txt', 'one');
  commit(top, 'two.txt', 'two\n\nwith a body');
  return top;
}

function commit(top: string, file: string, message: string): void {
  mkdirSync(join(top, 'src'), { recursive: true });
  writeFileSync(join(top, 'src', file), file);
  git(top, 'add', '-A');
  git(top, 'commit', '-q', '-m', message);
}

type Github = { readonly [key: string]: Json } & { readonly event: { readonly [key: string]: Json } };

/** The `github` context of a workflow with these triggers. */
async function githubOf(
  top: string,
  event: string,
  on: readonly Partial<Trigger>[] = [],
  payload?: Json,
): Promise<Github> {
  const about = { file: join(top, 'w.yml'), name: 'w', dialect: 'github', on: on as readonly Trigger[] } as const;
  const given = { vars: {}, inputs: {}, event, ...(payload === undefined ? {} : { payload }) };
  return (await localContexts(about, top, given)).contexts.github as Github;
}

test('a push is of the last commit, with the one before', async (t) => {
  const top = repository(t);
  const github = await githubOf(top, 'push');
  t.like(github, { ref: 'refs/heads/topic', ref_name: 'topic', ref_type: 'branch', base_ref: '', head_ref: '' });
  t.like(github.event, {
    ref: 'refs/heads/topic',
    before: git(top, 'rev-parse', 'HEAD^'),
    after: git(top, 'rev-parse', 'HEAD'),
    created: false,
    repository: { full_name: 'octo/proj', default_branch: 'main' },
    head_commit: { message: 'two\n\nwith a body', author: { name: 'A', email: 'a@b' } },
  });
  t.is((github.event.commits as Json[]).length, 1);
  t.deepEqual(await changedFiles(top, 'push', github.event), ['src/two.txt']);
});

test('a push of a tag', async (t) => {
  const top = repository(t);
  git(top, 'tag', 'v1');
  git(top, 'checkout', '-q', 'v1');
  const github = await githubOf(top, 'push');
  t.like(github, { ref: 'refs/tags/v1', ref_name: 'v1', ref_type: 'tag' });
  t.like(github.event, { before: '0'.repeat(40), created: true, commits: [] });
});

test('a pull request goes from the branch at hand into the default branch', async (t) => {
  const top = repository(t);
  const github = await githubOf(top, 'pull_request');
  const sha = git(top, 'rev-parse', 'HEAD');
  t.like(github, { ref: 'refs/pull/1/merge', ref_name: '1/merge', head_ref: 'topic', base_ref: 'main', sha });
  t.like(github.event, {
    action: 'opened',
    number: 1,
    pull_request: {
      title: 'two',
      commits: 2,
      head: { ref: 'topic', sha, label: 'octo:topic' },
      base: { ref: 'main', sha: git(top, 'rev-parse', 'main') },
    },
  });
  writeFileSync(join(top, 'src/base.txt'), 'changed since');
  t.deepEqual(await changedFiles(top, 'pull_request', github.event), ['src/base.txt', 'src/one.txt', 'src/two.txt']);
});

test('pull_request_target runs what it goes into', async (t) => {
  const top = repository(t);
  const github = await githubOf(top, 'pull_request_target');
  t.like(github, { ref: 'refs/heads/main', sha: git(top, 'rev-parse', 'main'), head_ref: 'topic', base_ref: 'main' });
});

test('a payload says where its event happened', async (t) => {
  const top = repository(t);
  const push = await githubOf(top, 'push', [], { ref: 'refs/tags/v2', after: 'f'.repeat(40) });
  t.like(push, { ref: 'refs/tags/v2', ref_name: 'v2', ref_type: 'tag', sha: 'f'.repeat(40) });
  t.deepEqual(push.event, { ref: 'refs/tags/v2', after: 'f'.repeat(40) });
  const pull = {
    number: 7,
    pull_request: { head: { ref: 'a' }, base: { ref: 'b' }, merge_commit_sha: 'e'.repeat(40) },
  };
  t.like(await githubOf(top, 'pull_request', [], pull), {
    ref: 'refs/pull/7/merge',
    head_ref: 'a',
    base_ref: 'b',
    sha: 'e'.repeat(40),
  });
  t.like(await githubOf(top, 'release', [], { release: { tag_name: 'v9' } }), { ref: 'refs/tags/v9', ref_type: 'tag' });
  t.like(await githubOf(top, 'create', [], { ref: 'v3', ref_type: 'tag' }), { ref: 'refs/tags/v3' });
  t.like(await githubOf(top, 'workflow_dispatch', [], { ref: 'other' }), { ref: 'refs/heads/other' });
});

test('an event is what the workflow waits for', async (t) => {
  const top = repository(t);
  const schedule = { event: 'schedule', filters: [{ cron: '1 2 3 4 5' }] };
  t.like((await githubOf(top, 'schedule', [schedule])).event, { schedule: '1 2 3 4 5' });
  const dispatch = { event: 'repository_dispatch', filters: { types: ['go'] } };
  t.like((await githubOf(top, 'repository_dispatch', [dispatch])).event, { action: 'go', client_payload: {} });
  const after = { event: 'workflow_run', filters: { workflows: ['CI'] } };
  t.like((await githubOf(top, 'workflow_run', [after])).event, {
    action: 'completed',
    workflow_run: { name: 'CI', head_branch: 'topic', conclusion: 'success' },
  });
  t.like((await githubOf(top, 'issues.closed')).event, { action: 'closed', issue: { number: 1 } });
});

test('what a payload names as commits is no argument for git', async (t) => {
  const top = repository(t);
  t.deepEqual(await changedFiles(top, 'push', { before: '--output=x', after: 'HEAD' }), ['src/two.txt']);
});
