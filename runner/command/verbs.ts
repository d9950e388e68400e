import type { Command } from 'commander';

/** A verb of the command line, known before its code is loaded. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly verb: VerbDefinition }>;
}

/** Adds a verb's arguments and options to `command` and gives it its action, which reports its exit code to `end`. */
export type VerbDefinition = (command: Command, end: (exitCode: number) => void) => void;

/** In the order of the help. Nothing is loaded until a verb is called: this is what keeps `--help` fast. */
export const verbs: readonly Verb[] = [
  { name: 'run', summary: 'run pipelines', load: () => import('./verb/run.ts') },
  {
    name: 'check',
    summary: 'check pipeline files and say where they are wrong',
    load: () => import('./verb/check.ts'),
  },
  { name: 'list', summary: 'list the jobs of pipelines', load: () => import('./verb/list.ts') },
  { name: 'graph', summary: 'draw which job waits for which', load: () => import('./verb/graph.ts') },
  { name: 'ps', summary: 'show runs that are going on (-a: all)', load: () => import('./verb/ps.ts') },
  { name: 'logs', summary: "print a run's log", load: () => import('./verb/logs.ts') },
  {
    name: 'shell',
    summary: 'open a shell where a step of a run failed, as the step found it',
    load: () => import('./verb/shell.ts'),
  },
  { name: 'artifacts', summary: "list or copy out a run's artifacts", load: () => import('./verb/artifacts.ts') },
  {
    name: 'actions',
    summary: 'lock: hold the actions of workflows to their commits',
    load: () => import('./verb/actions.ts'),
  },
  {
    name: 'doctor',
    summary: 'say what each isolation level can do here, and why not',
    load: () => import('./verb/doctor.ts'),
  },
  { name: 'setup', summary: 'install what LightV needs on this host', load: () => import('./verb/setup.ts') },
  { name: 'build', summary: 'build an image from its folder', load: () => import('./verb/build.ts') },
  { name: 'clean', summary: 'remove what finished runs left on disk', load: () => import('./verb/clean.ts') },
  { name: 'schema', summary: 'print a JSON Schema: pipeline, image or events', load: () => import('./verb/schema.ts') },
];

/** What `lightv --help` prints. */
export function helpText(): string {
  const width = Math.max(...verbs.map((verb) => verb.name.length)) + 2;
  const lines = verbs.map((verb) => `  ${verb.name.padEnd(width)}${verb.summary}`);
  return `Usage: lightv <command> [options]

A CI/CD runner that gives every step its own ephemeral microVM.

Commands:
${lines.join('\n')}

Options:
  -V, --version  print the version
  -h, --help     print this help; after a command, that command's

Exit codes: 0 all good, 1 a job failed, 2 wrong input, 3 a fault of the host or of LightV, 130 interrupted
`;
}
