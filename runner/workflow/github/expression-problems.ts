import { splitAllowedContext } from '@actions/workflow-parser/templates/allowed-context';
import type { Scalar } from 'yaml';
import { type Allowed, allContexts, checkTemplate } from '../../expression/check.ts';
import { statusFunctions } from '../../expression/scope.ts';
import { splitTemplate } from '../../expression/split.ts';
import type { Place, Problem } from '../../model/problem.ts';
import { type PipelineDocument, placeAt } from '../document.ts';
import { stretchesOf } from '../stretches.ts';

/** Characters of an expression. */
const longest = 21_000;

/** For keys whose grammar is not known any more because their text fits none. */
const anything: Allowed = { contexts: allContexts, functions: [...statusFunctions, 'hashFiles'] };

/** All problems of a scalar's expressions, by the grammar's list of what may be read where it stands. */
export function expressionProblems(
  scalar: Scalar,
  allowedContext: readonly string[] | undefined,
  document: PipelineDocument,
): Problem[] {
  const text = String(scalar.value ?? '');
  const place = placeOf(scalar, document);
  const template = { text, ...(scalar.range == null ? { place } : stretchesOf(scalar, text, document)) };
  return checkTemplate(template, allowedContext === undefined ? anything : allowedBy(allowedContext));
}

/**
 * A text with expressions in it becomes one expression on GitHub, a call of `format`, and is bound as one. So long scripts
 * are fine and long scripts with a `${{ }}` are not.
 */
export function lengthProblems(scalar: Scalar, document: PipelineDocument): Problem[] {
  const segments = splitTemplate(String(scalar.value ?? ''));
  if (segments.length < 2) {
    return [];
  }
  const lengths = segments.map((segment, index) =>
    segment.kind === 'text'
      ? segment.text.replace(/['{}]/g, '$&$&').length
      : segment.source.trim().length + `{${index}}, `.length,
  );
  const length = lengths.reduce((sum, each) => sum + each, "format('')".length);
  const message = `the text holds expressions and is ${length} characters long as one expression; at most ${longest} are allowed`;
  return length > longest ? [{ message, place: placeOf(scalar, document) }] : [];
}

function placeOf({ range }: Scalar, { file, lines }: PipelineDocument): Place {
  const [from = 0, to = from] = range ?? [];
  return placeAt(file, lines, from, to - from);
}

/** The grammar's list as this house has it: `github`, `matrix`, `hashFiles(1,255)`. */
function allowedBy(allowedContext: readonly string[]): Allowed {
  const { namedContexts, functions } = splitAllowedContext([...allowedContext]);
  return {
    contexts: namedContexts.sort(),
    functions: functions.map(({ name }) => name),
    jobStatus: functions.some(({ name, maxArgs }) => name === 'success' && maxArgs > 0),
  };
}
