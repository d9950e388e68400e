import { basename } from 'node:path';
import { checkCondition, checkTemplate } from '../../expression/check.ts';
import type { Problem } from '../../model/problem.ts';
import type { Workflow } from '../../model/workflow.ts';
import { parseDocument } from '../document.ts';
import { Field } from '../field.ts';
import { FileGathering } from '../gather.ts';
import { needsProblems } from '../needs.ts';
import { inFileOrder } from '../problem-order.ts';
import { availability, type KeyKind } from './availability.ts';
import type { GatheredText, Gathering } from './gather.ts';
import { grammarProblems } from './grammar-problems.ts';
import { readDefaults, readJob } from './job.ts';
import { referenceProblems } from './references.ts';
import { repeatedArtifacts } from './repeated-artifacts.ts';
import { unlistedSecrets } from './secrets.ts';

/**
 * A native pipeline from its text; `file` is the absolute path that places name. All problems come in one go, in the
 * order of the file. `workflow` is there when there are none; else `draft` is what is sound enough of it to be planned,
 * not to be run, for what only planning finds.
 */
export function readPipeline(
  text: string,
  file: string,
): { workflow?: Workflow; draft?: Workflow; problems: Problem[] } {
  const { document, problems } = parseDocument(text, file);
  if (document === undefined) {
    return { problems: inFileOrder(problems) };
  }
  const grammar = grammarProblems(Field.root(document));
  const gathering = new FileGathering<KeyKind>();
  const workflow = readWorkflow(Field.root(document, grammar.broken), file, gathering);
  const all = [
    ...problems,
    ...grammar.problems,
    ...gathering.problems,
    ...gathering.texts.flatMap((gathered) => textProblems(gathered, workflow)),
    ...needsProblems(workflow.jobs),
    ...workflow.jobs.flatMap((job) => [...unlistedSecrets(job), ...repeatedArtifacts(job)]),
  ];
  return all.length > 0 ? { draft: soundPart(workflow, all), problems: inFileOrder(all) } : { workflow, problems: [] };
}

/** Without what would only be found wrong once more: needs, and matrices of jobs in whose lines there is a problem. */
function soundPart(workflow: Workflow, problems: readonly Problem[]): Workflow {
  const starts = workflow.jobs.map(({ place }) => place.line);
  const sound = workflow.jobs.filter(({ strategy, place }, index) => {
    const end = starts[index + 1] ?? Number.POSITIVE_INFINITY;
    const inside = ({ place: at }: Problem) => at !== undefined && at.line >= place.line && at.line <= end;
    return strategy === undefined || !problems.some(inside);
  });
  return { ...workflow, jobs: sound.map((job) => ({ ...job, needs: [] })) };
}

function readWorkflow(root: Field, file: string, gathering: Gathering): Workflow {
  const defaults = readDefaults(root.get('defaults'), gathering);
  const on = root.get('on');
  const events = on === undefined ? [] : on.isMap ? on.entries() : on.oneOrMany();
  return {
    name: root.get('name')?.text ?? basename(file).replace(/\.ya?ml$/, ''),
    file,
    dialect: 'lightv',
    on: events.map((event) => ({ event: on?.isMap ? event.key : event.text, place: event.keyPlace })),
    env: gathering.named(root.get('env'), 'workflow env'),
    jobs: (root.get('jobs')?.entries() ?? []).map((job) => readJob(job, defaults, gathering)),
  };
}

function textProblems(text: GatheredText, workflow: Workflow): Problem[] {
  const check = text.kind === 'job if' || text.kind === 'step if' ? checkCondition : checkTemplate;
  const problems = check(text.template, availability[text.kind]);
  const told = new Set(problems.map(({ place }) => `${place?.line}:${place?.column}`));
  const references = referenceProblems(text, workflow.jobs);
  return [...problems, ...references.filter(({ place }) => !told.has(`${place?.line}:${place?.column}`))];
}
