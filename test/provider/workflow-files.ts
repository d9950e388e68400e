import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { FetchAction } from '../../runner/model/action.ts';
import type { Workflow } from '../../runner/model/workflow.ts';
import { CalledWorkflows } from '../../runner/provider/local/called-workflows.ts';
import { readWorkflow } from '../../runner/provider/local/read-workflow.ts';
import { folder } from '../ground/folder.ts';

/** Fetches nothing: for files that call their own repository's alone. */
export const noFetch: FetchAction = (repository) => Promise.reject(new Error(`nobody has ${repository}`));

/** Writes workflows by their names into a repository's folder; the folder. */
export function workflowFolder(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const top = folder(t);
  for (const [name, text] of Object.entries(files)) {
    const file = join(top, '.github/workflows', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return top;
}

/** A workflow of a folder with what it calls, or all that is wrong: `file:line message`. */
export async function linked(top: string, name: string, fetch = noFetch): Promise<Workflow | readonly string[]> {
  const read = await readWorkflow(join(top, '.github/workflows', name), 'github');
  const { workflow, problems } = await new CalledWorkflows(fetch).link(read);
  return (
    workflow ?? problems.map(({ message, place }) => `${place?.file.replace(/.*\//, '')}:${place?.line} ${message}`)
  );
}
