import { hostname } from 'node:os';
import { relative } from 'node:path';
import { userName } from '../../host/user-name.ts';
import type { PlanContexts } from '../../model/plan.ts';
import type { Problem } from '../../model/problem.ts';
import type { Json, Workflow } from '../../model/workflow.ts';
import { dispatchValues } from '../../plan/dispatch-inputs.ts';
import { eventContext } from './event/context.ts';
import { type Facts, repositoryFacts } from './event/facts.ts';
import { madePayload } from './event/payload.ts';

/** What the user hands to expressions. */
export interface Given {
  /** Name of the event, with its activity behind a dot where it has one: `push`, `issues.labeled`. */
  readonly event?: string;
  /** The event's payload. */
  readonly payload?: Json;
  readonly vars: Readonly<Record<string, string>>;
  readonly inputs: Readonly<Record<string, string>>;
}

/** What is known before a run starts. */
export interface LocalContexts {
  /** `github`, `runner`, `vars`, `inputs`. */
  readonly contexts: PlanContexts;
  /** Name of the event, as contexts have it. */
  readonly event: string;
  /** What is wrong with the inputs. */
  readonly problems: readonly Problem[];
}

type About = Pick<Workflow, 'file' | 'name' | 'dialect' | 'on'>;

/** The contexts of a run on this machine, from git and the user. `demandInputs`: required inputs must be there. */
export async function localContexts(
  workflow: About,
  repository: string | undefined,
  given: Given,
  demandInputs = false,
): Promise<LocalContexts> {
  const facts = await repositoryFacts(repository, userName() ?? `${process.getuid?.()}`);
  const [event = '', action] = (given.event ?? usualEvent(workflow, given)).split('.');
  const trigger = workflow.on.find((each) => each.event === event);
  const payload =
    given.payload ?? (workflow.dialect === 'github' ? await madePayload(event, action, facts, trigger) : {});
  const dispatched = workflow.dialect === 'github' && event === 'workflow_dispatch' && trigger !== undefined;
  const values = dispatched
    ? dispatchValues(trigger.inputs ?? [], { ...inputsOf(payload), ...given.inputs }, demandInputs)
    : undefined;
  const told = values === undefined ? payload : { ...(payload as object), inputs: values.event };
  return {
    contexts: {
      github: githubContext(workflow, event, told, facts),
      runner: {
        os: 'Linux',
        arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
        name: hostname(),
        temp: '/tmp',
        environment: 'self-hosted',
      },
      vars: given.vars,
      inputs: values?.inputs ?? given.inputs,
    },
    event,
    problems: values?.problems ?? [],
  };
}

/** Without a name: a push, where that starts the workflow or nothing else does that a person has at hand. */
function usualEvent({ dialect, on }: About, { inputs }: Given): string {
  const names = dialect === 'github' ? on.map(({ event }) => event) : [];
  if (names.includes('workflow_dispatch') && Object.keys(inputs).length > 0) {
    return 'workflow_dispatch';
  }
  return names.includes('push') ? 'push' : (names.find((name) => name !== 'workflow_call') ?? 'push');
}

/** The texts of the inputs that a payload has. */
function inputsOf(payload: Json): { readonly [name: string]: string } {
  const { inputs } = payload as { readonly inputs?: { readonly [name: string]: Json } | null };
  const given = Object.entries(inputs ?? {}).filter(([, value]) => value !== null && typeof value !== 'object');
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

function githubContext({ file, name, dialect }: About, event: string, payload: Json, facts: Facts): Json {
  const path = facts.top === undefined ? file : relative(facts.top, file);
  const standing = eventContext(event, payload, facts);
  const common = {
    ...(facts.top === undefined ? {} : { repository: facts.repository, repository_owner: facts.owner }),
    ...(facts.top === undefined ? {} : standing),
    actor: facts.actor,
    event_name: event,
    event: payload,
    workspace: '/workspace',
    server_url: 'https://github.com',
  };
  if (dialect !== 'github') {
    const { head_ref: _, base_ref: __, ...known } = common as typeof common & { head_ref?: string; base_ref?: string };
    return { ...known, workflow: name, ...(facts.top === undefined ? {} : { workflow_ref: path }) };
  }
  return {
    ...common,
    ...standing,
    workflow: name,
    workflow_ref: `${facts.repository}/${path}@${standing.ref}`,
    workflow_sha: standing.sha,
    repositoryUrl: `git://github.com/${facts.repository}.git`,
    triggering_actor: facts.actor,
    api_url: 'https://api.github.com',
    graphql_url: 'https://api.github.com/graphql',
    ref_protected: false,
    retention_days: '90',
    secret_source: 'Actions',
  };
}
