import type { Json } from '../../../model/workflow.ts';
import { type Facts, refName } from './facts.ts';

/** The fields of the `github` context that hang on the event. */
export interface EventContext {
  readonly ref: string;
  readonly ref_name: string;
  readonly ref_type: string;
  readonly sha: string;
  readonly head_ref: string;
  readonly base_ref: string;
}

/**
 * Where an event happened, as GitHub's contexts say it
 * (https://docs.github.com/actions/reference/events-that-trigger-workflows): what the payload names, else the commit at
 * hand.
 */
export function eventContext(event: string, payload: Json, facts: Facts): EventContext {
  const { ref, sha, head = '', base = '' } = standing(event, payload, facts);
  return {
    ref,
    ref_name: refName(ref),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    sha,
    head_ref: head,
    base_ref: base,
  };
}

interface Standing {
  readonly ref: string;
  readonly sha: string;
  readonly head?: string;
  readonly base?: string;
}

function standing(event: string, payload: Json, facts: Facts): Standing {
  const here = { ref: facts.ref, sha: facts.sha };
  switch (event) {
    case 'push':
      return { ref: textAt(payload, 'ref') ?? here.ref, sha: textAt(payload, 'after') ?? here.sha };
    case 'workflow_dispatch':
      return { ...here, ref: fullRef(textAt(payload, 'ref')) ?? here.ref };
    case 'pull_request':
    case 'pull_request_review':
    case 'pull_request_review_comment':
    case 'pull_request_target':
      return ofPullRequest(event, payload, here);
    case 'merge_group':
      return {
        ref: textAt(payload, 'merge_group', 'head_ref') ?? here.ref,
        sha: textAt(payload, 'merge_group', 'head_sha') ?? here.sha,
      };
    case 'release': {
      const tag = textAt(payload, 'release', 'tag_name');
      return { ...here, ref: tag === undefined ? here.ref : `refs/tags/${tag}` };
    }
    case 'create': {
      const name = textAt(payload, 'ref');
      const kind = textAt(payload, 'ref_type') === 'tag' ? 'tags' : 'heads';
      return { ...here, ref: name === undefined ? here.ref : `refs/${kind}/${refName(name)}` };
    }
    default:
      return here;
  }
}

/** All but `pull_request_target`, which runs what it goes into, see it merged. */
function ofPullRequest(event: string, payload: Json, here: Standing): Standing {
  const head = textAt(payload, 'pull_request', 'head', 'ref') ?? '';
  const base = textAt(payload, 'pull_request', 'base', 'ref') ?? '';
  if (event === 'pull_request_target') {
    const sha = textAt(payload, 'pull_request', 'base', 'sha') ?? here.sha;
    return { ref: `refs/heads/${base}`, sha, head, base };
  }
  const number = valueAt(payload, 'number') ?? valueAt(payload, 'pull_request', 'number');
  const sha = textAt(payload, 'pull_request', 'merge_commit_sha') ?? here.sha;
  return { ref: `refs/pull/${typeof number === 'number' ? number : 1}/merge`, sha, head, base };
}

function fullRef(ref: string | undefined): string | undefined {
  return ref === undefined || ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
}

/** A text of a payload, `undefined` where there is none or an empty one. */
export function textAt(payload: Json, ...path: readonly string[]): string | undefined {
  const value = valueAt(payload, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function valueAt(payload: Json, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, key) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as { readonly [key: string]: Json })[key]
        : undefined,
    payload,
  );
}
