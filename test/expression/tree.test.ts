import test from 'ava';
import { ExpressionError } from '../../runner/expression/error.ts';
import { fillNamed } from '../../runner/expression/named.ts';
import { evaluateTree, templatesOf } from '../../runner/expression/tree.ts';
import type { Json, Template, Tree } from '../../runner/model/workflow.ts';

const place = { file: 'f', line: 1, column: 1 };
const template = (text: string): Template => ({ text, place });
const value = (of: Json): Tree => ({ kind: 'value', value: of, place });
const text = (of: string): Tree => ({ kind: 'text', template: template(of) });
const map = (...entries: [string, Tree][]): Tree => ({
  kind: 'map',
  entries: entries.map(([key, of]) => ({ key: template(key), value: of })),
  place,
});
const scope = { contexts: { env: { A: 'a', O: { x: 1, y: null } } } };

test('a tree is evaluated with all that is in it, keys and inserts too', (t) => {
  const list: Tree = { kind: 'list', items: [value(1), text('${{ env.A }}')], place };
  const tree = map(['one', list], ['${{ env.A }}-key', text('x${{ env.A }}')], ['${{ insert }}', text('${{ env.O }}')]);
  t.deepEqual(evaluateTree(tree, scope), { one: [1, 'a'], 'a-key': 'xa', x: 1, y: null });
  t.deepEqual(
    templatesOf(tree).map((each) => each.text),
    ['${{ env.A }}', '${{ env.A }}-key', 'x${{ env.A }}', '${{ env.O }}'],
  );
});

test('only an object can be inserted', (t) => {
  const error = t.throws(() => evaluateTree(map(['${{insert}}', text('${{ env.A }}')]), scope), {
    instanceOf: ExpressionError,
  });
  t.is(error?.message, 'what is inserted must be an object');
});

test('names and texts: inserts, keys that are expressions, names that come twice', (t) => {
  const filled = (...entries: [string, string][]) =>
    Object.fromEntries(fillNamed(new Map(entries.map(([name, of]) => [name, template(of)])), scope));
  t.deepEqual(filled(['B', '${{ env.A }}b'], ['${{ insert }}', '${{ env.O }}'], ['K_${{ env.A }}', '1']), {
    B: 'ab',
    x: '1',
    y: '',
    K_a: '1',
  });
  t.deepEqual(filled(['${{ insert }}', '${{ env.none }}']), {});
  t.throws(() => filled(['x', '1'], ['${{ insert }}', '${{ env.O }}']), { message: "the name 'x' comes twice" });
  t.throws(() => filled(['${{ insert }}', '${{ env.A }}']), { message: /must give an object/ });
});
