import type { Json } from '../../model/workflow.ts';
import { askGit, gitIn } from './git.ts';

/** What git knows of the commit at hand, by the names of the `github` context. */
export type Commit = { readonly [name: string]: string };

/**
 * What GitHub would send with an event, as far as git can tell it: the commit at hand and its repository
 * (https://docs.github.com/webhooks/webhook-events-and-payloads). Whoever needs more gives a payload.
 */
export async function madePayload(
  event: string,
  commit: Commit,
  actor: string,
  top: string | undefined,
): Promise<Json> {
  const { repository: fullName = '', repository_owner: owner = '', ref = '', ref_name: branch = '', sha = '' } = commit;
  const common = {
    repository: {
      name: fullName.split('/').at(-1) ?? '',
      full_name: fullName,
      owner: { login: owner },
      private: false,
    },
    sender: { login: actor },
  };
  if (event === 'push') {
    const head = top === undefined ? null : await headCommit(top, sha);
    const pushed = { ref, before: '0'.repeat(40), after: sha, head_commit: head, commits: head === null ? [] : [head] };
    return { ...common, ...pushed, pusher: { name: actor }, forced: false, created: false, deleted: false };
  }
  if (event === 'pull_request' || event === 'pull_request_target') {
    const head = { ref: branch, sha, repo: common.repository };
    const pull = { number: 1, title: branch, draft: false, user: common.sender, head, base: { ref: 'main' } };
    return { ...common, action: 'opened', number: 1, pull_request: pull };
  }
  return common;
}

async function headCommit(top: string, sha: string): Promise<Json> {
  const told = await askGit(gitIn(top), 'log', '-1', '--format=%aI%n%an%n%ae%n%B');
  if (told === undefined) {
    return null;
  }
  const [timestamp = '', name = '', email = '', ...message] = told.split('\n');
  return { id: sha, timestamp, message: message.join('\n').trim(), author: { name, email }, distinct: true };
}
