import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { cacheFolder, configFolder, stateFolder } from '../../runner/host/paths.ts';

const variables = [
  'HOME',
  'LIGHTV_CACHE_DIR',
  'LIGHTV_STATE_DIR',
  'XDG_CACHE_HOME',
  'XDG_STATE_HOME',
  'XDG_CONFIG_HOME',
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

test.beforeEach(() => {
  for (const name of variables) {
    delete process.env[name];
  }
});
test.after.always(() => {
  for (const [name, value] of Object.entries(before)) {
    if (value !== undefined) {
      process.env[name] = value;
    }
  }
});

test.serial('our own variables come before those of XDG, and these before the home', (t) => {
  process.env.HOME = '/h';
  t.deepEqual(
    [cacheFolder(), stateFolder(), configFolder()],
    ['/h/.cache/lightv', '/h/.local/state/lightv', '/h/.config/lightv'],
  );
  process.env.XDG_CACHE_HOME = '/x';
  t.is(cacheFolder(), '/x/lightv');
  process.env.LIGHTV_CACHE_DIR = 'here';
  t.is(cacheFolder(), resolve('here'));
});

test.serial('what is set to nothing is not set, and no folder hangs on where one stands', (t) => {
  const home = userInfo().homedir;
  process.env.HOME = '';
  process.env.LIGHTV_CACHE_DIR = '';
  process.env.XDG_STATE_HOME = 'relative';
  t.is(cacheFolder(), join(home, '.cache/lightv'));
  t.is(stateFolder(), join(home, '.local/state/lightv'));
});
