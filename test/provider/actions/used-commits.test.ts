import { join } from 'node:path';
import test from 'ava';
import type { FetchAction } from '../../../runner/model/action.ts';
import { usedCommits } from '../../../runner/provider/local/actions/used-commits.ts';
import { readWorkflow } from '../../../runner/provider/local/read-workflow.ts';
import { never } from '../../ground/never.ts';
import { workflowFolder } from '../workflow-files.ts';

const files: { readonly [repository: string]: { readonly [path: string]: string } } = {
  'octo/flows': {
    '.github/workflows/a.yml':
      'on: workflow_call\njobs:\n  a: { uses: ./.github/workflows/b.yml }\n  c: { uses: octo/more/.github/workflows/c.yml@main }\n',
    '.github/workflows/b.yml':
      'on: workflow_call\njobs:\n  a: { runs-on: x, steps: [{ uses: octo/inside@v1 }, { uses: ./here }] }\n',
  },
  'octo/more': { '.github/workflows/c.yml': 'on: workflow_call\njobs:\n  a: { runs-on: x, steps: [{ run: x }] }\n' },
  'octo/inside': { 'action.yml': 'name: a\nruns: { using: node20, main: x.js }\n' },
};

const commits: { readonly [repository: string]: string } = {
  'octo/flows': '1'.repeat(40),
  'octo/more': '2'.repeat(40),
  'octo/inside': '3'.repeat(40),
};

const fetch: FetchAction = async (repository, ref) => ({
  repository,
  ref,
  commit: commits[repository] ?? '',
  read: async (path) => files[repository]?.[path],
  // biome-ignore lint/correctness/useYield: nobody asks for the files
  tar: async function* () {
    throw new Error('only manifests are read');
  },
});

test('workflows that are called, what they call, and the actions of their steps are used', async (t) => {
  const top = workflowFolder(t, {
    'ci.yml': 'on: push\njobs:\n  a: { uses: octo/flows/.github/workflows/a.yml@v1 }\n',
  });
  const { workflow } = await readWorkflow(join(top, '.github/workflows/ci.yml'), 'github');
  const used = await usedCommits(workflow === undefined ? [] : [workflow], top, fetch, never);
  t.deepEqual(
    used,
    new Map([
      ['octo/flows@v1', commits['octo/flows']],
      ['octo/more@main', commits['octo/more']],
      ['octo/inside@v1', commits['octo/inside']],
    ]),
  );
});
