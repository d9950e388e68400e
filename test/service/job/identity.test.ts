import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { ServedJob } from '../../../runner/model/job-services.ts';
import { Client, type Ground, ground, told } from './ground.ts';

const github = {
  ref: 'refs/heads/main',
  ref_type: 'branch',
  repository: 'octo/repo',
  repository_owner: 'octo',
  server_url: 'https://github.com',
  event_name: 'push',
  sha: 'c'.repeat(40),
  run_id: '7',
  actor: 'ann',
  workflow: 'CI',
};
const workflow = { workflow_ref: 'octo/repo/.github/workflows/ci.yml@refs/heads/main', workflow_sha: 'd'.repeat(40) };
const permissions = { 'id-token': 'write' } as const;

async function identify(at: Ground, job: Partial<ServedJob>, audience = '') {
  const client = await Client.of(at, { permissions, workflow, ...job, github: { ...github, ...job.github } });
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = '' } = client.variables;
  return { client, answer: await client.ask('GET', `${url}${audience}`, { token }) };
}

test('a token is signed with the key that discovery leads to, and says what GitHub’s would', async (t) => {
  const { client, answer } = await identify(ground(t), {}, '&audience=api%3A%2F%2Fx');
  t.is(answer.status, 200, answer.body.toString());
  const meta = JSON.parse((await client.ask('GET', '/.well-known/openid-configuration')).body.toString());
  const keys = JSON.parse((await client.ask('GET', meta.jwks_uri)).body.toString()) as JSONWebKeySet;
  const { payload, protectedHeader } = await jwtVerify(told(answer).value ?? '', createLocalJWKSet(keys), {
    issuer: meta.issuer,
    audience: 'api://x',
  });
  t.is(protectedHeader.alg, 'RS256');
  t.like(payload, {
    sub: 'repo:octo/repo:ref:refs/heads/main',
    repository: 'octo/repo',
    repository_owner: 'octo',
    ref: 'refs/heads/main',
    ref_type: 'branch',
    event_name: 'push',
    sha: 'c'.repeat(40),
    run_id: '7',
    actor: 'ann',
    workflow: 'CI',
    job_workflow_ref: workflow.workflow_ref,
    job_workflow_sha: workflow.workflow_sha,
    runner_environment: 'self-hosted',
  });
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  t.false('d' in (keys.keys[0] ?? {}), 'the private half stays here');
});

const subjects: Record<string, { job: Partial<ServedJob>; claims: JWTPayload }> = {
  'an environment': {
    job: { environment: 'prod: eu' },
    claims: { sub: 'repo:octo/repo:environment:prod%3A eu', environment: 'prod: eu' },
  },
  'a pull request': {
    job: { github: { event_name: 'pull_request', ref: 'refs/pull/1/merge' } },
    claims: { sub: 'repo:octo/repo:pull_request' },
  },
  'an environment in a pull request': {
    job: { environment: 'qa', github: { event_name: 'pull_request' } },
    claims: { sub: 'repo:octo/repo:environment:qa' },
  },
  'a tag': { job: { github: { ref: 'refs/tags/v1' } }, claims: { sub: 'repo:octo/repo:ref:refs/tags/v1' } },
  'no audience asked for': { job: {}, claims: { aud: 'https://github.com/octo' } },
};

for (const [name, { job, claims }] of Object.entries(subjects)) {
  test(`subject and audience: ${name}`, async (t) => {
    const { answer } = await identify(ground(t), job);
    t.like(decodeJwt(told(answer).value ?? ''), claims);
  });
}

test('only a job with the permission finds where to ask, scripts as well as actions', async (t) => {
  const at = ground(t);
  const given = async (job: Partial<ServedJob>) => new Client(at, job).endpoint.variablesFor('s');
  const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  t.deepEqual(Object.keys((await given({ permissions })).scripts), names);
  t.deepEqual((await given({})).scripts, {});
  t.deepEqual((await given({ permissions: { 'id-token': 'read' } })).scripts, {});
  t.false('ACTIONS_ID_TOKEN_REQUEST_URL' in (await given({})).actions);
});

test('each of the two tokens is good for its own use alone', async (t) => {
  const { client } = await identify(ground(t), {});
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: token = '' } = client.variables;
  t.is((await client.ask('GET', url, { token: client.token })).status, 401);
  t.is((await client.twirp('Artifact', 'ListArtifacts', client.ids, token)).status, 401);
  t.is((await client.ask('GET', `${url}&audience=${'x'.repeat(2000)}`, { token })).status, 400);
});

test('the key stays, for its user alone', async (t) => {
  const at = ground(t);
  const kid = async (on: Ground) => {
    const { client } = await identify(on, {});
    return JSON.parse((await client.ask('GET', '/.well-known/jwks')).body.toString()).keys[0].kid as string;
  };
  const [one, two] = await Promise.all([kid(at), kid(ground(t, { home: at.home }))]);
  t.is(one, two);
  const file = join(at.home, 'state', 'key.json');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(JSON.parse(readFileSync(file, 'utf8')).kty, 'RSA');
});
