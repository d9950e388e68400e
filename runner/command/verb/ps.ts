import { stateFolder } from '../../host/paths.ts';
import type { RunRecord } from '../../store/record.ts';
import { openStore } from '../../store/store.ts';
import { columns } from '../render/columns.ts';
import { shortPath } from '../render/problem-line.ts';
import { duration } from '../render/wording.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command
    .option('-a, --all', 'ended runs too', false)
    .option('--json', 'one JSON object a line', false)
    .action(({ all, json }: { all: boolean; json: boolean }) => {
      const store = openStore(stateFolder());
      try {
        const runs = store.list().filter((run) => all || run.state === 'running');
        process.stdout.write(json ? runs.map((run) => `${runJson(run)}\n`).join('') : runTable(runs));
      } finally {
        store.close();
      }
      end(0);
    });
};

function runJson(run: RunRecord): string {
  const { id, state, startedAt, endedAt = null, exitCode = null, file, workflow } = run;
  return JSON.stringify({ id, state, startedAt, endedAt, exitCode, file, workflow });
}

function runTable(runs: readonly RunRecord[]): string {
  const rows = runs.map(({ id, state, startedAt, endedAt, workflow, file }) => {
    const took = endedAt === undefined ? '' : duration(Date.parse(endedAt) - Date.parse(startedAt));
    return [id, state, startedAt.replace(/\.\d+Z$/, 'Z'), took, workflow, shortPath(file)];
  });
  return columns(['RUN', 'STATE', 'STARTED', 'TOOK', 'WORKFLOW', 'FILE'], rows);
}
