import test from 'ava';
import type { DispatchInput } from '../../runner/model/workflow.ts';
import { dispatchValues } from '../../runner/plan/dispatch-inputs.ts';

function input(name: string, more: Partial<DispatchInput> = {}): DispatchInput {
  return { name, type: 'string', required: false, options: [], place: { file: 'f', line: 1, column: 1 }, ...more };
}

test('the inputs context has kinds, the payload has texts', (t) => {
  const declared = [
    input('flag', { type: 'boolean' }),
    input('on', { type: 'boolean', default: true }),
    input('count', { type: 'number' }),
    input('large', { type: 'number', default: 1e20 }),
    input('text'),
    input('size', { type: 'choice', options: ['s', 'm'], default: 'm' }),
  ];
  const { inputs, event, problems } = dispatchValues(declared, { COUNT: ' 0x10 ', text: 'true' }, true);
  t.deepEqual(problems, []);
  t.deepEqual(inputs, { flag: false, on: true, count: 16, large: 1e20, text: 'true', size: 'm' });
  t.deepEqual(event, { flag: 'false', on: 'true', count: '16', large: '1E+20', text: 'true', size: 'm' });
});

test('what is required is asked for only where it is demanded, and is not empty', (t) => {
  const declared = [input('a', { required: true }), input('b', { required: true, default: 'x' })];
  t.deepEqual(dispatchValues(declared, {}, false).problems, []);
  t.deepEqual(
    dispatchValues(declared, {}, true).problems.map(({ message }) => message),
    ["the input 'a' is required and has no default; give it with --input a=VALUE"],
  );
  t.deepEqual(
    dispatchValues(declared, { a: '' }, true).problems.map(({ message }) => message),
    ["--input a: found ''; allowed: a text that is not empty"],
  );
});

test('names that are not declared are told with those that are', (t) => {
  t.deepEqual(
    dispatchValues([], { x: '1' }, true).problems.map(({ message }) => message),
    ['--input x: workflow_dispatch has no such input; it has no inputs'],
  );
});
