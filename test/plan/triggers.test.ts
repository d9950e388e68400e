import test from 'ava';
import type { Json, Workflow } from '../../runner/model/workflow.ts';
import { whyNoAnswer } from '../../runner/plan/triggers.ts';

const place = { file: '/x', line: 1, column: 1 };

/** Whether a workflow with these triggers runs for an event on a ref with these changed files. */
function runs(
  on: { readonly [event: string]: Json },
  event: string,
  {
    ref = 'refs/heads/main',
    payload = {},
    changed,
  }: { ref?: string; payload?: Json; changed?: readonly string[] } = {},
): boolean {
  const triggers = Object.entries(on).map(([name, filters]) => ({ event: name, filters, place }));
  const workflow = { dialect: 'github', on: triggers } as unknown as Workflow;
  const contexts = { github: { ref, event: payload } };
  return whyNoAnswer(workflow, { event, contexts, ...(changed === undefined ? {} : { changed }) }) === undefined;
}

test('an event runs what names it', (t) => {
  t.true(runs({ push: null }, 'push'));
  t.false(runs({ push: null }, 'pull_request'));
});

test('branches, their ignore twin, and tags', (t) => {
  t.true(runs({ push: { branches: ['main'] } }, 'push'));
  t.false(runs({ push: { branches: ['rel/**'] } }, 'push'));
  t.true(runs({ push: { branches: 'rel/**' } }, 'push', { ref: 'refs/heads/rel/a/b' }));
  t.false(runs({ push: { 'branches-ignore': ['main'] } }, 'push'));
  t.true(runs({ push: { 'branches-ignore': ['x'] } }, 'push'));
  t.false(runs({ push: { branches: ['**'] } }, 'push', { ref: 'refs/tags/v1' }));
  t.false(runs({ push: { tags: ['v*'] } }, 'push'));
  t.true(runs({ push: { branches: ['x'], tags: ['v*'] } }, 'push', { ref: 'refs/tags/v1' }));
  t.true(runs({ push: null }, 'push', { ref: 'refs/tags/v1' }));
});

test('paths want a changed file they mean, tags are not about paths, and nobody knows lets pass', (t) => {
  const on = { push: { paths: ['src/**', '!src/docs/**'] } };
  t.true(runs(on, 'push', { changed: ['README.md', 'src/a.ts'] }));
  t.false(runs(on, 'push', { changed: ['src/docs/a.md'] }));
  t.false(runs({ push: { 'paths-ignore': ['**.md'] } }, 'push', { changed: ['a.md', 'b/c.md'] }));
  t.true(runs({ push: { 'paths-ignore': ['**.md'] } }, 'push', { changed: ['a.md', 'b/c.ts'] }));
  t.true(runs(on, 'push', { ref: 'refs/tags/v1', changed: [] }));
  t.true(runs(on, 'push'));
});

test('types, and the branch a pull request goes into', (t) => {
  const pull = (action: string, base = 'main') => ({ payload: { action, pull_request: { base: { ref: base } } } });
  t.true(runs({ pull_request: null }, 'pull_request', pull('opened')));
  t.false(runs({ pull_request: null }, 'pull_request', pull('labeled')));
  t.true(runs({ pull_request: { types: ['labeled'] } }, 'pull_request', pull('labeled')));
  t.false(runs({ pull_request: { branches: ['rel/*'] } }, 'pull_request', pull('opened')));
  t.true(runs({ pull_request: { branches: ['rel/*'] } }, 'pull_request', pull('opened', 'rel/1')));
});

test('branches of a merge queue and of a run that is followed, and the name of that', (t) => {
  const queue = { payload: { merge_group: { base_ref: 'refs/heads/main' } } };
  t.true(runs({ merge_group: { branches: ['main'] } }, 'merge_group', queue));
  t.false(runs({ merge_group: { branches: ['dev'] } }, 'merge_group', queue));
  const run = { payload: { action: 'completed', workflow_run: { name: 'CI', head_branch: 'dev' } } };
  t.true(runs({ workflow_run: { workflows: ['CI', 'Lint'] } }, 'workflow_run', run));
  t.false(runs({ workflow_run: { workflows: ['Lint'] } }, 'workflow_run', run));
  t.false(runs({ workflow_run: { workflows: ['CI'], branches: ['main'] } }, 'workflow_run', run));
  t.false(runs({ workflow_run: { workflows: ['CI'], types: ['requested'] } }, 'workflow_run', run));
});
