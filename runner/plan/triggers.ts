import type { PlanContexts } from '../model/plan.ts';
import type { Json, Trigger, Workflow } from '../model/workflow.ts';
import { matchesFilters } from '../workflow/filter-pattern.ts';

/** What happened, as far as filters look at it. */
export interface Occasion {
  readonly event: string;
  readonly contexts: PlanContexts;
  /** Files the event is about, from the repository's top; absent where nobody knows. */
  readonly changed?: readonly string[];
}

/** Activity types an event without `types` answers to; other events answer to all. */
const usualTypes: { readonly [event: string]: readonly string[] } = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

type Filters = { readonly [key: string]: Json };

/**
 * Why a workflow does not run for an event, by its name and the filters below it
 * (https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#on); `undefined` where it does, as it
 * always does without an event. Native pipelines have no filters.
 */
export function whyNoAnswer({ on, dialect }: Workflow, occasion: Occasion | undefined): string | undefined {
  if (occasion === undefined) {
    return undefined;
  }
  const { event } = occasion;
  const triggers = on.filter((trigger) => trigger.event === event);
  if (triggers.length === 0) {
    const names = [...new Set(on.map((trigger) => trigger.event))].join(', ');
    return `\`on\` does not name the event ${event}${names === '' ? '' : `, but ${names}`}`;
  }
  const reasons = triggers.map((trigger) => (dialect === 'github' ? whyFiltered(trigger, occasion) : undefined));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

const filtersOfEvents = [
  [ofType, 'types'],
  [onRef, 'branches or tags'],
  [overPaths, 'paths'],
  [afterWorkflow, 'workflows'],
] as const;

function whyFiltered({ filters, event }: Trigger, occasion: Occasion): string | undefined {
  const given = asMap(filters);
  const [, what] = filtersOfEvents.find(([holds]) => !holds(given, occasion)) ?? [];
  return what === undefined ? undefined : `its filter of ${what} leaves this ${event} out`;
}

function ofType(filters: Filters, { event, contexts }: Occasion): boolean {
  const types = filters.types === undefined ? usualTypes[event] : texts(filters.types);
  const { action } = asMap(asMap(contexts.github).event);
  return types === undefined || typeof action !== 'string' || types.includes(action);
}

/** A filter of branches alone keeps tags out, and the other way. */
function onRef(filters: Filters, { event, contexts }: Occasion): boolean {
  const github = asMap(contexts.github);
  if (event !== 'push') {
    const branch = branchOf(event, asMap(github.event));
    return typeof branch !== 'string' || named(filters, 'branches', branch) !== false;
  }
  const ref = typeof github.ref === 'string' ? github.ref : '';
  const [mine, other] = ref.startsWith('refs/tags/')
    ? (['tags', 'branches'] as const)
    : (['branches', 'tags'] as const);
  const name = ref.replace(/^refs\/(?:heads|tags)\//, '');
  return named(filters, mine, name) ?? !has(filters, other);
}

/** The branch that an event's filters look at: a pull request's is the one it goes into. */
function branchOf(event: string, payload: Filters): Json | undefined {
  if (event.startsWith('pull_request')) {
    return asMap(asMap(payload.pull_request).base).ref;
  }
  if (event === 'merge_group') {
    const { base_ref: base } = asMap(payload.merge_group);
    return typeof base === 'string' ? base.replace(/^refs\/heads\//, '') : undefined;
  }
  return event === 'workflow_run' ? asMap(payload.workflow_run).head_branch : undefined;
}

/** `workflows` of `workflow_run` are names of those whose runs it follows. */
function afterWorkflow(filters: Filters, { event, contexts }: Occasion): boolean {
  const { name } = asMap(asMap(asMap(contexts.github).event).workflow_run);
  const wanted = filters.workflows;
  return event !== 'workflow_run' || wanted === undefined || typeof name !== 'string' || texts(wanted).includes(name);
}

/** A filter of paths wants one changed file that it means; `-ignore` one that it does not. Tags are not about paths. */
function overPaths(filters: Filters, { contexts, changed }: Occasion): boolean {
  const { ref } = asMap(contexts.github);
  if (changed === undefined || (typeof ref === 'string' && ref.startsWith('refs/tags/'))) {
    return true;
  }
  return !has(filters, 'paths') || changed.some((file) => named(filters, 'paths', file) === true);
}

/** What the filter `key`, or its `-ignore` twin, says of a name; `undefined` where there is neither. */
function named(filters: Filters, key: string, name: string): boolean | undefined {
  const ignored = filters[`${key}-ignore`];
  if (ignored !== undefined) {
    return !matchesFilters(texts(ignored), name);
  }
  return filters[key] === undefined ? undefined : matchesFilters(texts(filters[key] ?? null), name);
}

function has(filters: Filters, key: string): boolean {
  return filters[key] !== undefined || filters[`${key}-ignore`] !== undefined;
}

function texts(value: Json): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function asMap(value: Json | undefined): Filters {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Filters) : {};
}
