import { FeatureFlags } from '@actions/expressions/features';
import { convertWorkflowTemplate } from '@actions/workflow-parser';
import { readTemplate } from '@actions/workflow-parser/templates/template-reader';
import { WORKFLOW_ROOT } from '@actions/workflow-parser/workflows/workflow-constants';
import type { Place, Problem } from '../../model/problem.ts';
import type { PipelineDocument } from '../document.ts';
import { ungrammaticalDispatchKeys } from './dispatch-keys.ts';
import { DocumentReader } from './document-reader.ts';
import { expressionProblems, lengthProblems } from './expression-problems.ts';
import { keyHint } from './key-hint.ts';
import { type Complaint, SchemaContext } from './schema-context.ts';

/** What GitHub's parser finds wrong with a document. */
export interface SchemaProblems {
  readonly problems: readonly Problem[];
  /** Whether what it looks at last was looked at: ids, needs, crons. It is not where something before was wrong. */
  readonly complete: boolean;
}

/**
 * What GitHub's own parser finds wrong with a workflow: unknown keys, wrong types, expressions that do not parse, contexts
 * that are not there where they are read, ids, cron lines. Its words are kept but for expressions, whose problems are all
 * told and with their exact places.
 */
export async function schemaProblems(document: PipelineDocument): Promise<SchemaProblems> {
  const context = new SchemaContext();
  const fileId = context.getFileId(document.file);
  const reader = new DocumentReader(document, fileId, ungrammaticalDispatchKeys(document));
  const root = readTemplate(context, WORKFLOW_ROOT, reader, fileId);
  const long = [...reader.scalars()].flatMap((scalar) => lengthProblems(scalar, document));
  const read = [...readProblems(context.take(), reader, document), ...long];
  if (root === undefined || read.length > 0) {
    return { problems: read, complete: false };
  }
  // Its template is an editor's and is not used; on the way to it ids, needs and crons are looked at.
  await convertWorkflowTemplate(context, root, undefined, {
    featureFlags: new FeatureFlags({ allowBackgroundSteps: true }),
    fetchReusableWorkflowDepth: 0,
  });
  const converted = context.take().filter((complaint) => !ofExpression(complaint));
  return { problems: converted.map((complaint) => problemOf(complaint, document)), complete: true };
}

function readProblems(complaints: readonly Complaint[], reader: DocumentReader, document: PipelineDocument): Problem[] {
  const wrong = new Set(complaints.filter(({ expression }) => expression).map(({ token }) => token));
  // A text whose expression is wrong fits nothing for that alone.
  const first = complaints.filter(({ token, expression }) => expression || token === undefined || !wrong.has(token));
  return first.flatMap((complaint) => {
    const { token, message } = complaint;
    const own = complaint.expression ? ownWords(complaint, reader, document) : [];
    const { place } = problemOf(complaint, document);
    return own.length > 0 ? own : [{ message: `${message}${keyHint(message, reader.mapOf(token))}`, place }];
  });
}

function ownWords({ token }: Complaint, reader: DocumentReader, document: PipelineDocument): Problem[] {
  const scalar = reader.scalarOf(token);
  const grammar = token?.definitionInfo ?? reader.keyOf(token)?.definitionInfo;
  return scalar === undefined ? [] : expressionProblems(scalar, grammar?.allowedContext, document);
}

/** The converter wants maps where the grammar takes an expression that gives one. */
function ofExpression({ token, message }: Complaint): boolean {
  return token?.isExpression === true && message.startsWith('Unexpected type ');
}

function problemOf({ message, range }: Complaint, { file }: PipelineDocument): Problem & { place: Place } {
  if (range === undefined) {
    return { message, place: { file, line: 1, column: 1 } };
  }
  const { start, end } = range;
  const length = end.line === start.line ? Math.max(1, end.column - start.column) : 1;
  return { message, place: { file, line: start.line, column: start.column, length } };
}
