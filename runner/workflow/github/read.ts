import { relative } from 'node:path';
import type { Problem } from '../../model/problem.ts';
import type { Workflow } from '../../model/workflow.ts';
import { type DocumentLimits, parseDocument } from '../document.ts';
import { Field } from '../field.ts';
import { FileGathering } from '../gather.ts';
import { needsProblems, unknownNeeds } from '../needs.ts';
import { inFileOrder } from '../problem-order.ts';
import { readCallInterface } from './call-interface.ts';
import { conditionProblems } from './conditions.ts';
import { type Gathering, namedAt, textAt } from './fields.ts';
import { readDefaults, readJob } from './job.ts';
import { readPermissions } from './permissions.ts';
import { readTriggers } from './triggers.ts';

/**
 * A GitHub workflow from its text; `file` is the absolute path that places name, `top` the repository's. GitHub's own
 * parser says what is wrong with it, and so does what LightV cannot run yet; all in one go, in the order of the file.
 * `workflow` is there when there are no problems; else `outline` is what could be read of it.
 */
export async function readGithubWorkflow(
  text: string,
  file: string,
  top: string | undefined,
  limits?: DocumentLimits,
): Promise<{ workflow?: Workflow; outline?: Workflow; problems: Problem[] }> {
  const { document, problems } = parseDocument(text, file, {
    lenient: true,
    ...(limits === undefined ? {} : { limits }),
  });
  if (document === undefined) {
    return { problems: inFileOrder(problems) };
  }
  // The parser brings a schema of its own, which native pipelines need not wait for.
  const { schemaProblems } = await import('./schema-problems.ts');
  const gathering: Gathering = new FileGathering();
  const workflow = readWorkflow(Field.root(document), file, top, gathering);
  const schema = await schemaProblems(document);
  const needs = schema.complete ? unknownNeeds(workflow.jobs) : needsProblems(workflow.jobs);
  const own = [...problems, ...gathering.problems, ...conditionProblems(workflow.jobs, schema.problems)];
  const all = merged(needs, schema.problems, own);
  return all.length > 0 ? { outline: workflow, problems: inFileOrder(all) } : { workflow, problems: [] };
}

/** Problems of a place are told once, in the words of the list that comes first. */
function merged(...lists: readonly (readonly Problem[])[]): Problem[] {
  const told = new Set<string>();
  return lists.flatMap((list) => {
    const fresh = list.filter(({ place }) => !told.has(`${place?.line}:${place?.column}`));
    for (const { place } of fresh) {
      told.add(`${place?.line}:${place?.column}`);
    }
    return fresh;
  });
}

function readWorkflow(root: Field, file: string, top: string | undefined, gathering: Gathering): Workflow {
  const permissions = readPermissions(root.get('permissions'));
  const inherited = {
    defaults: readDefaults(root.get('defaults')),
    ...(permissions === undefined ? {} : { permissions }),
  };
  const runName = textAt(root.get('run-name'));
  const concurrency = root.get('concurrency')?.tree;
  const call = readCallInterface(root.get('on'), gathering);
  return {
    name: root.get('name')?.text ?? (top === undefined ? file : relative(top, file)),
    file,
    dialect: 'github',
    on: readTriggers(root.get('on'), gathering),
    ...(call === undefined ? {} : { call }),
    ...(runName === undefined ? {} : { runName }),
    ...(concurrency === undefined ? {} : { concurrency }),
    env: namedAt(root.get('env')),
    jobs: (root.get('jobs')?.entries() ?? []).map((job) => readJob(job, inherited, gathering)),
  };
}
