import test from 'ava';
import { conformanceTests } from './cases.ts';

/** A handful that lean on the machine most: its disk, its processes, what goes from one to the next. */
const names = [
  'action-composite',
  'call-outputs',
  'env-file',
  'machine-goes-on',
  'outputs-through-needs',
  'parallel-block',
];

const registered = conformanceTests('microvm', ({ name }) => names.includes(name));

test('every one of them is there', (t) => {
  t.is(registered, names.length);
});
