import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { FetchAction, FetchedAction } from '../../model/action.ts';
import type { Workflow, WorkflowOrigin, WorkflowReference } from '../../model/workflow.ts';
import { readGithubWorkflow } from '../../workflow/github/read.ts';
import { repositoryTop } from './git.ts';
import { type ReadWorkflow, readWorkflow } from './read-workflow.ts';

/** Files that may call each other as `./`: those of the working tree, or of one commit of another repository. */
export interface WorkflowSite {
  /** What people call a file by its path from the top. */
  readonly name: (path: string) => string;
  /** Tells a file from all others, whatever it was called by. */
  readonly key: (path: string) => string;
  /** `undefined` where there is no such file. */
  readonly read: (path: string) => Promise<ReadWorkflow | undefined>;
  readonly origin?: WorkflowOrigin;
}

/** A workflow's file, found but not read. */
export interface WorkflowFile {
  readonly site: WorkflowSite;
  readonly path: string;
}

/** Where a workflow on this machine stands, which may be outside git. */
export async function fileOf({ file }: Workflow): Promise<WorkflowFile> {
  const top = (await repositoryTop(dirname(file))) ?? topByFolders(file);
  const site: WorkflowSite = {
    name: (path) => `./${path}`,
    key: (path) => join(top, path),
    read: async (path) => ((await isFile(join(top, path))) ? await readWorkflow(join(top, path), 'github') : undefined),
  };
  return { site, path: relative(top, file) };
}

/** The file that a workflow of `from` names. Rejects with a `WrongInput` for a repository that cannot be had. */
export async function findWorkflow(
  reference: WorkflowReference,
  from: WorkflowSite,
  fetch: FetchAction,
): Promise<WorkflowFile> {
  if (reference.kind === 'local') {
    return { site: from, path: reference.path };
  }
  const { repository, ref, path } = reference;
  return { site: fetchedSite(await fetch(repository, ref, new AbortController().signal)), path };
}

function fetchedSite(fetched: FetchedAction): WorkflowSite {
  const { repository, ref, commit } = fetched;
  const name = (path: string) => `${repository}/${path}@${ref}`;
  return {
    name,
    key: (path) => `${repository.toLowerCase()}/${path}@${commit}`,
    read: async (path) => {
      const text = await fetched.read(path);
      return text === undefined ? undefined : await readGithubWorkflow(text, name(path), undefined);
    },
    origin: { repository, ref, sha: commit },
  };
}

/** Outside git the folder that holds `.github`, or else the file's own. */
function topByFolders(file: string): string {
  const folder = dirname(file);
  const within = basename(folder) === 'workflows' && basename(dirname(folder)) === '.github';
  return within ? dirname(dirname(folder)) : folder;
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
