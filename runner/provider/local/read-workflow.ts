import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { causeText, HostFault } from '../../host/fault.ts';
import type { Problem } from '../../model/problem.ts';
import type { Dialect, Workflow } from '../../model/workflow.ts';
import { dialectOf } from '../../workflow/dialect.ts';
import { readGithubWorkflow } from '../../workflow/github/read.ts';
import { readPipeline } from '../../workflow/lightv/read.ts';
import { repositoryTop } from './git.ts';

/** No pipeline a person wrote is larger, in bytes. */
const largestFile = 1024 * 1024;

/** A file as far as it could be read. `workflow` is there when there are no problems. */
export interface ReadWorkflow {
  readonly workflow?: Workflow;
  /** In place of a wrong one, what can be planned of it all the same. */
  readonly draft?: Workflow;
  /** In place of a wrong one, what tells which workflows it calls and how it can be called; nothing to plan. */
  readonly outline?: Workflow;
  readonly problems: readonly Problem[];
}

/** Reads one file. Everything wrong with it is in `problems`; only a host that cannot read is thrown, as a `HostFault`. */
export async function readWorkflow(file: string, dialect: Dialect | undefined): Promise<ReadWorkflow> {
  const wrong = (message: string) => ({ problems: [{ message, place: { file, line: 1, column: 1 } }] });
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      return wrong('this is not a file');
    }
    if (found.size > largestFile) {
      return wrong(`the file has ${found.size} bytes; at most ${largestFile} (1 MiB) are allowed`);
    }
    const text = textOf(await readFile(file));
    return text === undefined
      ? wrong('the file is not UTF-8 text')
      : await readDialect(text, file, dialect ?? dialectOf(file, text));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR' || code === 'EPERM') {
      return wrong(`the file cannot be read: ${causeText(error)}`);
    }
    throw code === undefined ? error : new HostFault(`read ${file}`, error);
  }
}

/** `undefined` for bytes that are no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? new TextDecoder().decode(bytes) : undefined;
}

async function readDialect(text: string, file: string, dialect: Dialect): Promise<ReadWorkflow> {
  if (dialect === 'github') {
    return await readGithubWorkflow(text, file, await repositoryTop(dirname(file)));
  }
  if (dialect === 'gitlab') {
    const message = "GitLab's pipelines cannot be run yet; --dialect lightv or github reads the file as one of these";
    return { problems: [{ message, place: { file, line: 1, column: 1 } }] };
  }
  return readPipeline(text, file);
}
