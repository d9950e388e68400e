import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseConfig } from '../../runner/command/config.ts';
import { readEnvironment, readMatrixFilter, readPairs, readSecrets } from '../../runner/command/given.ts';
import { guestAccess } from '../../runner/command/guest-access.ts';
import { WrongInput } from '../../runner/host/fault.ts';
import { folder } from '../ground/folder.ts';

function file(t: ExecutionContext, text: string): string {
  const given = join(folder(t), 'given');
  writeFileSync(given, text);
  return given;
}

test('arguments win over the lines of a file; values may hold =', (t) => {
  const lines = file(t, '# comment\nA=1\nexport B="two words"\n');
  t.deepEqual(readPairs('--var', ['A=x=y', 'C='], lines), { A: 'x=y', B: 'two words', C: '' });
  const wrong = t.throws(() => readPairs('--var', ['A', '=b'], undefined), { instanceOf: WrongInput });
  t.deepEqual(wrong?.message.split('\n'), ['--var A: expected name=value', '--var =b: expected name=value']);
});

test('a variable without a value comes from the environment', (t) => {
  process.env.LIGHTV_TEST_GIVEN = 'host';
  t.teardown(() => {
    delete process.env.LIGHTV_TEST_GIVEN;
  });
  t.deepEqual(readEnvironment(['LIGHTV_TEST_GIVEN', 'X=1'], undefined), { LIGHTV_TEST_GIVEN: 'host', X: '1' });
});

test('a secret comes from its argument, the environment, or is asked for', async (t) => {
  process.env.LIGHTV_TEST_SECRET = 'from host';
  t.teardown(() => {
    delete process.env.LIGHTV_TEST_SECRET;
  });
  const asked: string[] = [];
  const ask = async (name: string) => {
    asked.push(name);
    return 'typed';
  };
  const secrets = await readSecrets(['A=b=c', 'LIGHTV_TEST_SECRET', 'LIGHTV_TEST_ASKED'], file(t, 'F=file'), ask);
  t.deepEqual(Object.fromEntries(secrets), {
    F: 'file',
    A: 'b=c',
    LIGHTV_TEST_SECRET: 'from host',
    LIGHTV_TEST_ASKED: 'typed',
  });
  t.deepEqual(asked, ['LIGHTV_TEST_ASKED']);
});

test('secrets without a value, a name or a file are told together, without their values', async (t) => {
  const wrong = await t.throwsAsync(readSecrets(['LIGHTV_TEST_NONE', 'a-b=hidden'], undefined), {
    instanceOf: WrongInput,
  });
  t.regex(wrong?.message ?? '', /LIGHTV_TEST_NONE: it has no value.*\n.*a-b: no name for a secret/);
  t.false(wrong?.message.includes('hidden'));
  await t.throwsAsync(readSecrets([], '/no/such/file'), { instanceOf: WrongInput, message: /--secret-file/ });
});

test('values of one matrix key add up', (t) => {
  const filter = readMatrixFilter(['os:a', 'os:b:c', 'v:1']);
  t.deepEqual(
    [...filter].map(([key, values]) => [key, [...values]]),
    [
      ['os', ['a', 'b:c']],
      ['v', ['1']],
    ],
  );
  t.throws(() => readMatrixFilter(['os']), { instanceOf: WrongInput, message: /expected key:value/ });
});

test('the configuration is checked, with places', (t) => {
  const text = 'budget:\n  memory: 2Gi\n  cpus: 3\nisolation: strong\n';
  const wrong = t.throws(() => parseConfig(text, '/c.yaml'), { instanceOf: WrongInput }) as WrongInput | undefined;
  const places = wrong?.problems.map(({ place }) => [place?.file, place?.line]);
  t.deepEqual(places?.sort(), [
    ['/c.yaml', 2],
    ['/c.yaml', 4],
  ]);
  t.deepEqual(parseConfig('budget:\n  memory: 2Gi\n', '/c.yaml'), { budget: { memory: 2 * 1024 ** 3 } });
  t.deepEqual(parseConfig('', '/c.yaml'), {});
  t.throws(() => parseConfig('a: [', '/c.yaml'), { instanceOf: WrongInput });
});

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
const key = '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----';

test('a guest gets the certificates the host was told to trust, and no key', (t) => {
  const bundle = file(t, `${key}\n${certificate}\n`);
  const { ca, env } = guestAccess({}, { SSL_CERT_FILE: bundle });
  t.is(ca, `${certificate}\n`);
  t.is(env.NODE_EXTRA_CA_CERTS, '/run/lightv/ca.crt');
  t.is(env.GIT_SSL_CAINFO, '/run/lightv/ca.crt');
  t.is(guestAccess({ guest: { ca: false } }, { SSL_CERT_FILE: bundle }).ca, undefined);
  t.is(guestAccess({ guest: { ca: bundle } }, {}).ca, `${certificate}\n`);
  t.throws(() => guestAccess({ guest: { ca: '/none' } }, {}), { instanceOf: WrongInput });
  t.deepEqual(guestAccess({}, {}), { env: {} });
  t.true(guestAccess({}, { NODE_EXTRA_CA_CERTS: bundle }).ca?.includes('MIIB'));
});

test('a guest gets the registry without credentials, and nothing of the host itself', (t) => {
  const envOf = (address: string) => guestAccess({}, { npm_config_registry: address }).env;
  t.deepEqual(envOf('https://me:token@r.example/npm/?t=1#x'), { npm_config_registry: 'https://r.example/npm/' });
  t.deepEqual(envOf('http://localhost:4873/'), {});
  t.deepEqual(envOf('not an address'), {});
  t.deepEqual(
    guestAccess({ guest: { env: { npm_config_registry: 'https://own/' } } }, { npm_config_registry: 'https://x/' }).env,
    {
      npm_config_registry: 'https://own/',
    },
  );
});

test('a guest that is told of a proxy reaches its own loopback without it', (t) => {
  const { env } = guestAccess({ guest: { env: { https_proxy: 'http://p:1', no_proxy: '.example' } } }, {});
  t.deepEqual(env, {
    https_proxy: 'http://p:1',
    no_proxy: '.example,localhost,127.0.0.1,127.76.86.1',
    NO_PROXY: 'localhost,127.0.0.1,127.76.86.1',
  });
});
