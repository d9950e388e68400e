import { FeatureFlags } from '@actions/expressions/features';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context';
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema';
import type { Problem } from '../../model/problem.ts';

/** Problems of one file that are told; more are noise. */
const mostProblems = 100;

/**
 * What GitHub's own parser finds wrong with a workflow: unknown keys, wrong types, expressions that do not parse, and
 * contexts that are not there where they are read, ids, cron lines. Its words are kept.
 */
export async function schemaProblems(text: string, file: string): Promise<Problem[]> {
  const errors = new TemplateValidationErrors(mostProblems, 500);
  const context = new TemplateContext(errors, getWorkflowSchema(), new NoOperationTraceWriter());
  context.state.featureFlags = new FeatureFlags({ allowBackgroundSteps: true });
  const { value } = parseWorkflow({ name: file, content: text }, context);
  if (value !== undefined) {
    // Its template is an editor's and is not used; on the way to it ids, crons and conditions are looked at.
    await convertWorkflowTemplate(context, value);
  }
  return errors.getErrors().map(({ rawMessage, range }) => {
    const message = rawMessage.replace(/\.$/, '');
    if (range === undefined) {
      return { message, place: { file, line: 1, column: 1 } };
    }
    const { start, end } = range;
    const length = end.line === start.line ? Math.max(1, end.column - start.column) : 1;
    return { message, place: { file, line: start.line, column: start.column, length } };
  });
}
