import { statfs } from 'node:fs/promises';
import prettyBytes from 'pretty-bytes';
import { attempt } from '../../host/attempt.ts';
import { makeFolder } from '../../host/in-place.ts';
import { cacheFolder, stateFolder } from '../../host/paths.ts';
import type { EnforcedLimit, LimitReport, Probe, VmBackend } from '../../model/machine.ts';
import { bytesText } from '../../workflow/quantity.ts';
import { readConfig } from '../config.ts';
import { backends } from '../machines.ts';
import { hostBudget } from '../plan-request.ts';
import { setup } from '../setup.ts';
import type { VerbDefinition } from '../verbs.ts';

export const verb: VerbDefinition = (command, end) => {
  command.option('--json', 'one JSON object a backend and line', false).action(async ({ json }: { json: boolean }) => {
    const probes = await Promise.all(backends().map(async (backend) => ({ backend, probe: await backend.probe() })));
    if (json) {
      for (const { backend, probe } of probes) {
        process.stdout.write(`${JSON.stringify({ id: backend.name, isolation: backend.isolation, ...probe })}\n`);
      }
    } else {
      for (const { backend, probe } of probes) {
        process.stdout.write(probeText(backend, probe));
      }
      await tellHost();
    }
    end(probes.some(({ probe }) => probe.usable) ? 0 : 3);
  });
};

function probeText({ name, isolation }: VmBackend, probe: Probe): string {
  const title = `${isolation} (${name}): `;
  if (!probe.usable) {
    return `${title}not usable\n  ${probe.reason.replaceAll('\n', '\n  ')}\n`;
  }
  const accel = probe.accel === undefined ? '' : ` with ${probe.accel}`;
  const limits = probe.limits === undefined ? '' : limitLines(probe.limits);
  return `${title}usable${accel}\n  ${probe.detail.replaceAll('\n', '\n  ')}\n${limits}`;
}

function limitLines(limits: LimitReport): string {
  const line = (name: string, limit: EnforcedLimit) =>
    `  ${name}: ${limit.bound ? `bound by ${limit.by}` : `NOT bound: ${limit.reason}`}\n`;
  return (['memory', 'cpu', 'processes', 'disk'] as const).map((name) => line(name, limits[name])).join('');
}

async function tellHost(): Promise<void> {
  const { cpu, memory } = hostBudget(readConfig());
  process.stdout.write(`budget: ${cpu} CPUs, ${bytesText(memory)} of memory\n`);
  for (const [name, folder] of [
    ['state', stateFolder()],
    ['cache', cacheFolder()],
  ] as const) {
    await makeFolder(folder, 0o700);
    const { bavail, bsize } = await attempt(`look at the disk of ${folder}`, () => statfs(folder));
    process.stdout.write(`${name}: ${folder}, ${prettyBytes(bavail * bsize)} free\n`);
  }
  process.stdout.write('programs: ');
  await setup({ check: true }, { out: process.stdout, err: process.stderr });
}
