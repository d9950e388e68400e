import type { Json, Trigger } from '../../../model/workflow.ts';
import { pushPayload } from './commits.ts';
import { type Facts, refName } from './facts.ts';
import { pullRequest } from './pull-request.ts';

type Parts = { readonly [key: string]: Json };

/** What a payload is made of. */
interface Making {
  readonly facts: Facts;
  readonly repository: Json;
  readonly sender: Json;
  /** What `on` says of the event. */
  readonly trigger: Trigger | undefined;
}

/**
 * What GitHub would send with an event, as far as git can tell it: the commit at hand and its repository
 * (https://docs.github.com/webhooks/webhook-events-and-payloads). `action` is the activity; without it the event's usual
 * one. Whoever needs more gives a payload.
 */
export async function madePayload(
  event: string,
  action: string | undefined,
  facts: Facts,
  trigger: Trigger | undefined,
): Promise<Parts> {
  const repository = repositoryPart(facts);
  const sender = { login: facts.actor, type: 'User' };
  const make = makers[event] ?? (() => ({}));
  const parts = await make({ facts, repository, sender, trigger });
  return { ...parts, ...(action === undefined ? {} : { action }), repository, sender };
}

function repositoryPart({ repository, owner, defaultBranch }: Facts): Json {
  const address = `https://github.com/${repository}`;
  return {
    name: repository.split('/').at(-1) ?? '',
    full_name: repository,
    owner: { login: owner, name: owner },
    private: false,
    fork: false,
    default_branch: defaultBranch,
    master_branch: defaultBranch,
    html_url: address,
    url: `https://api.github.com/repos/${repository}`,
    clone_url: `${address}.git`,
    git_url: `git://github.com/${repository}.git`,
    ssh_url: `git@github.com:${repository}.git`,
  };
}

const number = 1;

const onPullRequest = async ({ facts, repository }: Making): Promise<Parts> => ({
  action: 'opened',
  number,
  pull_request: await pullRequest(facts, repository),
});

const onIssue = ({ facts }: Making): Parts => ({
  action: 'opened',
  issue: {
    id: number,
    number,
    title: 'An issue',
    body: '',
    state: 'open',
    labels: [],
    assignees: [],
    milestone: null,
    user: { login: facts.actor, type: 'User' },
    html_url: `https://github.com/${facts.repository}/issues/${number}`,
  },
});

const comment = ({ facts }: Making): Parts => ({
  action: 'created',
  comment: { id: number, body: '', user: { login: facts.actor, type: 'User' } },
});

const discussion = ({ facts }: Making): Parts => ({
  discussion: { number, title: 'A discussion', body: '', user: { login: facts.actor }, category: { name: 'General' } },
});

const refChange = ({ facts }: Making): Parts => ({
  ref: refName(facts.ref),
  ref_type: facts.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
  master_branch: facts.defaultBranch,
  pusher_type: 'user',
});

const checked = ({ facts }: Making): Parts => ({
  head_sha: facts.sha,
  head_branch: refName(facts.ref),
  status: 'completed',
  conclusion: 'success',
});

/** The first of what `on` lists below a key of an event, which is what such an event is about. */
function firstListed({ trigger }: Making, key: string): string | undefined {
  const filters = trigger?.filters;
  const listed = typeof filters === 'object' && filters !== null ? (filters as Parts)[key] : undefined;
  const first = Array.isArray(listed) ? listed[0] : listed;
  return typeof first === 'string' ? first : undefined;
}

function cron({ trigger }: Making): string {
  const [first] = Array.isArray(trigger?.filters) ? (trigger.filters as Json[]) : [];
  const given = typeof first === 'object' && first !== null ? (first as Parts).cron : undefined;
  return typeof given === 'string' ? given : '';
}

const makers: { readonly [event: string]: (making: Making) => Parts | Promise<Parts> } = {
  push: ({ facts }) => pushPayload(facts),
  pull_request: onPullRequest,
  pull_request_target: onPullRequest,
  pull_request_review: async (making) => ({
    ...(await onPullRequest(making)),
    action: 'submitted',
    review: { id: number, state: 'approved', body: '', user: { login: making.facts.actor, type: 'User' } },
  }),
  pull_request_review_comment: async (making) => ({ ...(await onPullRequest(making)), ...comment(making) }),
  merge_group: ({ facts }) => ({
    action: 'checks_requested',
    merge_group: {
      head_sha: facts.sha,
      head_ref: `refs/heads/gh-readonly-queue/${facts.defaultBranch}/pr-${number}-${facts.sha}`,
      base_ref: `refs/heads/${facts.defaultBranch}`,
      base_sha: facts.sha,
    },
  }),
  release: ({ facts }) => {
    const tag = facts.ref.startsWith('refs/tags/') ? refName(facts.ref) : 'v0.0.0';
    const [draft, prerelease] = [false, false];
    return { action: 'published', release: { id: number, tag_name: tag, name: tag, body: '', draft, prerelease } };
  },
  schedule: (making) => ({ schedule: cron(making) }),
  repository_dispatch: (making) => ({
    action: firstListed(making, 'types') ?? 'custom',
    branch: making.facts.defaultBranch,
    client_payload: {},
  }),
  workflow_dispatch: ({ facts }) => ({ ref: facts.ref, inputs: null }),
  workflow_run: (making) => {
    const name = firstListed(making, 'workflows') ?? '';
    return {
      action: 'completed',
      workflow: { name },
      workflow_run: { ...checked(making), id: number, name, event: 'push', run_number: 1, run_attempt: 1 },
    };
  },
  issues: onIssue,
  issue_comment: (making) => ({ ...onIssue(making), ...comment(making) }),
  discussion: (making) => ({ action: 'created', ...discussion(making) }),
  discussion_comment: (making) => ({ ...discussion(making), ...comment(making) }),
  create: refChange,
  delete: refChange,
  label: () => ({ action: 'created', label: { name: 'a-label', color: 'ededed', description: null } }),
  milestone: () => ({ action: 'created', milestone: { number, title: 'A milestone', state: 'open' } }),
  watch: () => ({ action: 'started' }),
  fork: ({ repository }) => ({ forkee: repository }),
  gollum: () => ({ pages: [] }),
  check_run: (making) => ({ action: 'completed', check_run: { ...checked(making), name: 'a-check' } }),
  check_suite: (making) => ({ action: 'completed', check_suite: checked(making) }),
  status: ({ facts }) => ({ sha: facts.sha, state: 'success', context: 'a-check', branches: [] }),
  deployment: ({ facts }) => ({
    action: 'created',
    deployment: { ref: refName(facts.ref), sha: facts.sha, environment: '' },
  }),
  deployment_status: ({ facts }) => ({
    action: 'created',
    deployment: { ref: refName(facts.ref), sha: facts.sha, environment: '' },
    deployment_status: { state: 'success', environment: '' },
  }),
  registry_package: () => ({ action: 'published', registry_package: {} }),
  branch_protection_rule: () => ({ action: 'created', rule: {} }),
};
