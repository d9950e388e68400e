import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { WrongInput } from '../../host/fault.ts';
import { stateFolder } from '../../host/paths.ts';
import { copyArtifact } from '../../service/artifact-store.ts';
import type { ArtifactRecord } from '../../store/record.ts';
import { openStore } from '../../store/store.ts';
import { columns } from '../render/columns.ts';
import type { VerbDefinition } from '../verbs.ts';

interface Options {
  readonly out?: string;
  readonly json: boolean;
}

export const verb: VerbDefinition = (command, end) => {
  command
    .argument('<run>', "a run's id, the start of one, or `latest`")
    .argument('[name...]', 'only these artifacts')
    .option('--out <folder>', 'copy them to <folder>/<artifact>/')
    .option('--json', 'one JSON object a line', false)
    .action(async (id: string, names: string[], options: Options) => {
      const store = openStore(stateFolder());
      try {
        const run = store.find(id).id;
        const found = chosen(store.artifacts(run), names, run);
        if (options.out !== undefined) {
          for (const { name } of found) {
            await copyArtifact(join(store.folderOf(run), 'artifacts'), name, options.out);
          }
        }
        process.stdout.write(options.json ? json(found) : table(found));
      } finally {
        store.close();
      }
      end(0);
    });
};

function chosen(all: readonly ArtifactRecord[], names: readonly string[], run: string): readonly ArtifactRecord[] {
  const missing = names.filter((name) => !all.some((artifact) => artifact.name === name));
  if (missing.length > 0) {
    const there = all.map(({ name }) => name).join(', ') || 'none';
    throw new WrongInput(
      missing.map((name) => ({ message: `run ${run} has no artifact "${name}"; there are ${there}` })),
    );
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

function json(artifacts: readonly ArtifactRecord[]): string {
  return artifacts.map((artifact) => `${JSON.stringify(artifact)}\n`).join('');
}

function table(artifacts: readonly ArtifactRecord[]): string {
  const rows = artifacts.map(({ name, job, files, bytes }) => [name, job, files, prettyBytes(bytes)]);
  return columns(['ARTIFACT', 'JOB', 'FILES', 'SIZE'], rows);
}
