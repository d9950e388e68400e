import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { ServedJob } from '../../model/job-services.ts';
import type { Json } from '../../model/workflow.ts';
import { answerJson, type Exchange } from './message.ts';
import type { SigningKey } from './oidc-key.ts';
import { refused } from './refused.ts';

/** Seconds a token holds, and seconds by which clocks may differ; as GitHub's. */
const tokenTime = 300;
const clockSlack = 600;
const audienceMax = 1024;

/** Fields of the `github` context that a token has as they are (https://docs.github.com/actions/reference/security/oidc). */
const copied = [
  'actor',
  'actor_id',
  'base_ref',
  'event_name',
  'head_ref',
  'ref',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'run_attempt',
  'run_id',
  'run_number',
  'sha',
  'workflow',
  'workflow_ref',
  'workflow_sha',
];

/** What an identity token is made of. */
export interface Identity {
  readonly job: Pick<ServedJob, 'github' | 'workflow' | 'environment'>;
  readonly issuer: string;
  readonly now: Date;
}

/** Answers a request for an identity token; the audience is the query's, else the owner's address. */
export async function answerIdentity(exchange: Exchange, identity: Identity, key: SigningKey): Promise<void> {
  const { github } = identity.job;
  const asked = exchange.url.searchParams.get('audience');
  const audience = asked ?? `${text(github.server_url) ?? 'https://github.com'}/${text(github.repository_owner) ?? ''}`;
  if (audience === '' || audience.length > audienceMax) {
    throw refused('invalid_argument', `an audience has 1 to ${audienceMax} characters`);
  }
  answerJson(exchange, { count: 1, value: await identityToken(identity, audience, key) });
}

/** Where the public half of the key is found, as the discovery of OpenID Connect has it. */
export function discovery(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks`,
    subject_types_supported: ['public', 'pairwise'],
    response_types_supported: ['id_token'],
    claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf', ...copied, 'environment', 'job_workflow_ref'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid'],
  };
}

async function identityToken(identity: Identity, audience: string, key: SigningKey): Promise<string> {
  const seconds = Math.floor(identity.now.getTime() / 1000);
  return await new SignJWT({ ...claims(identity) })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.id })
    .setJti(randomUUID())
    .setIssuer(identity.issuer)
    .setAudience(audience)
    .setIssuedAt(seconds)
    .setNotBefore(seconds - clockSlack)
    .setExpirationTime(seconds + tokenTime)
    .sign(key.key);
}

function claims({ job: { github, workflow, environment } }: Identity): Record<string, string> {
  const { repository } = (github.event ?? {}) as { readonly repository?: { readonly private?: unknown } };
  const known = copied.flatMap((name) => {
    const value = text(github[name]);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(known),
    sub: subject(github, environment),
    ref_protected: String(github.ref_protected === true),
    repository_visibility: repository?.private === true ? 'private' : 'public',
    job_workflow_ref: text(workflow.workflow_ref) ?? '',
    job_workflow_sha: text(workflow.workflow_sha) ?? '',
    runner_environment: 'self-hosted',
    ...(environment === undefined ? {} : { environment }),
  };
}

/** The environment, a pull request, or the ref: the first that there is. */
function subject(github: ServedJob['github'], environment: string | undefined): string {
  const repository = `repo:${text(github.repository) ?? ''}`;
  if (environment !== undefined) {
    return `${repository}:environment:${environment.replaceAll(':', '%3A')}`;
  }
  return github.event_name === 'pull_request'
    ? `${repository}:pull_request`
    : `${repository}:ref:${text(github.ref) ?? ''}`;
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
