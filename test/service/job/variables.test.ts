import test from 'ava';
import { decodeJwt } from 'jose';
import { Client, ground } from './ground.ts';

test('actions find the services by GitHub’s names, at addresses that clients can put paths behind', async (t) => {
  const client = await Client.of(ground(t));
  const { address, port } = client.endpoint.address;
  const base = `http://${address}:${port}/`;
  const { ACTIONS_RUNTIME_TOKEN: token = '', ...others } = client.variables;
  t.deepEqual(others, {
    ACTIONS_RUNTIME_URL: base,
    ACTIONS_RESULTS_URL: base,
    ACTIONS_CACHE_URL: base,
    ACTIONS_CACHE_SERVICE_V2: 'True',
  });
  const { scp, ac } = decodeJwt<{ scp: string; ac: string }>(token);
  t.regex(scp, /^Actions\.Results:[\w-]+:[\w-]+$/);
  t.deepEqual(JSON.parse(ac), [{ Scope: 'refs/heads/main', Permission: 3 }]);
});

test('jobs of a run share its backend id and have their own; steps have tokens of their own', async (t) => {
  const at = ground(t);
  const [one, two] = [await Client.of(at, { id: 'build (a, b)' }), await Client.of(at, { id: 'other' })];
  t.is(one.ids.workflow_run_backend_id, two.ids.workflow_run_backend_id);
  t.not(one.ids.workflow_job_run_backend_id, two.ids.workflow_job_run_backend_id);
  const next = one.endpoint.variablesFor('next');
  t.not(next.actions.ACTIONS_RUNTIME_TOKEN, one.token);
  t.deepEqual(next.secrets, [next.actions.ACTIONS_RUNTIME_TOKEN]);
});
