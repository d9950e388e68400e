import { hostname } from 'node:os';
import { basename, relative } from 'node:path';
import { userName } from '../../host/user-name.ts';
import type { PlanContexts } from '../../model/plan.ts';
import type { Json, Workflow } from '../../model/workflow.ts';
import { withoutUser } from './clone.ts';
import { type Commit, madePayload } from './event-payload.ts';
import { askGit, gitIn } from './git.ts';

/** What the user hands to expressions. */
export interface Given {
  /** Name of the event; `push` for expressions when none is given. */
  readonly event?: string;
  /** The event's payload. */
  readonly payload?: Json;
  readonly vars: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

/** The contexts of a run on this machine, from git and the user: `github`, `runner`, `vars`, `inputs`. */
export async function localContexts(
  workflow: Pick<Workflow, 'file' | 'name' | 'dialect'>,
  repository: string | undefined,
  given: Given,
): Promise<PlanContexts> {
  return {
    github: await githubContext(workflow, repository, given),
    runner: {
      os: 'Linux',
      arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
      name: hostname(),
      temp: '/tmp',
      environment: 'self-hosted',
    },
    vars: given.vars,
    inputs: given.inputs,
  };
}

async function githubContext(
  { file, name, dialect }: Pick<Workflow, 'file' | 'name' | 'dialect'>,
  repository: string | undefined,
  given: Given,
): Promise<Json> {
  const commit: Commit = repository === undefined ? {} : await commitContext(repository);
  const actor = userName() ?? `${process.getuid?.()}`;
  const path = repository === undefined ? file : relative(repository, file);
  const common = {
    ...commit,
    actor,
    event_name: given.event ?? 'push',
    workspace: '/workspace',
    server_url: 'https://github.com',
  };
  if (dialect !== 'github') {
    const event = given.payload ?? {};
    return { ...common, event, workflow: name, ...(repository === undefined ? {} : { workflow_ref: path }) };
  }
  return {
    ...common,
    event: given.payload ?? (await madePayload(common.event_name, commit, actor, repository)),
    workflow: name,
    workflow_ref: `${commit.repository ?? ''}/${path}@${commit.ref ?? ''}`,
    workflow_sha: commit.sha ?? '',
    triggering_actor: actor,
    api_url: 'https://api.github.com',
    graphql_url: 'https://api.github.com/graphql',
    base_ref: '',
    head_ref: '',
    ref_protected: false,
    retention_days: '90',
  };
}

/** Fields that git cannot tell, as in a repository without a commit, are empty. */
async function commitContext(top: string): Promise<Commit> {
  const git = gitIn(top);
  const sha = (await askGit(git, 'rev-parse', '--verify', 'HEAD')) ?? '';
  const branch = await askGit(git, 'symbolic-ref', '--quiet', 'HEAD');
  const tag = branch === undefined ? await askGit(git, 'describe', '--exact-match', '--tags', 'HEAD') : undefined;
  const ref = branch ?? (tag === undefined ? '' : `refs/tags/${tag}`);
  const remote = await askGit(git, 'remote', 'get-url', 'origin');
  const name = repositoryName(remote, top);
  return {
    repository: name,
    repository_owner: name.includes('/') ? name.slice(0, name.indexOf('/')) : '',
    sha,
    ref,
    ref_name: ref.replace(/^refs\/(?:heads|tags)\//, ''),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
  };
}

/** `owner/name` of the remote's address, else the folder's name. */
export function repositoryName(remote: string | undefined, top: string): string {
  const path = withoutUser(remote ?? '')
    .replace(/^[a-z+]+:\/\/[^/]+\//i, '')
    .replace(/^[^/]+:/, '')
    .replace(/\.git\/?$/, '');
  const parts = path.split('/').filter((part) => part !== '');
  return remote === undefined || parts.length === 0 ? basename(top) : parts.slice(-2).join('/');
}
