import { z } from 'zod';
import { causeText } from '../host/fault.ts';

const group = z.int().min(0).max(99);

const pattern = z.object({
  regexp: z.string().min(1).max(10_000),
  file: group.optional(),
  fromPath: group.optional(),
  line: group.optional(),
  column: group.optional(),
  severity: group.optional(),
  code: group.optional(),
  message: group.optional(),
  loop: z.boolean().optional(),
});

const severity = z.string().regex(/^(?:error|warning|notice)$/i, 'one of error, warning, notice');

const definition = z.object({
  owner: z.string().min(1),
  severity: severity.optional(),
  fromPath: z.string().optional(),
  pattern: z.array(pattern).min(1).max(20),
});

/** The parts of a problem that a pattern may take from a line; each is the number of a group of its expression. */
export const matchedParts = ['file', 'fromPath', 'line', 'column', 'severity', 'code', 'message'] as const;
export type MatchedPart = (typeof matchedParts)[number];

export type MatcherPattern = z.infer<typeof pattern>;

/** How the lines of one tool are told to be problems (https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md). */
export type MatcherDefinition = z.infer<typeof definition>;

/** The matchers of a file that `add-matcher` names; it may have none. Throws an `Error` whose message says what is wrong with it. */
export function readMatchers(text: string): readonly MatcherDefinition[] {
  const file = z.object({ problemMatcher: z.array(definition).default([]) });
  const read = file.safeParse(parseJson(text));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
  }
  const owners = new Set<string>();
  for (const matcher of read.data.problemMatcher) {
    const owner = matcher.owner.toLowerCase();
    if (owners.has(owner)) {
      throw new Error(`the owner "${matcher.owner}" stands twice in the file`);
    }
    owners.add(owner);
    checkPatterns(matcher);
  }
  return read.data.problemMatcher;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`not JSON: ${causeText(error)}`, { cause: error });
  }
}

function checkPatterns({ owner, pattern: patterns }: MatcherDefinition): void {
  const last = patterns.length - 1;
  for (const part of matchedParts) {
    if (patterns.filter((each) => each[part] !== undefined).length > 1) {
      throw new Error(`the matcher "${owner}" sets "${part}" in more than one pattern`);
    }
  }
  if (!patterns.some((each) => each.message !== undefined)) {
    throw new Error(`no pattern of the matcher "${owner}" sets "message"`);
  }
  for (const [at, { loop, message }] of patterns.entries()) {
    if (loop === true && (at !== last || last === 0 || message === undefined)) {
      throw new Error(
        `"loop" of the matcher "${owner}" belongs to the last of several patterns, and that one has to set "message"`,
      );
    }
  }
}
