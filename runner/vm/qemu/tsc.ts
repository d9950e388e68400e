import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from '../../host/attempt.ts';
import { HostFault } from '../../host/fault.ts';
import { writeWhole } from '../../host/in-place.ts';
import { cacheFolder } from '../../host/paths.ts';
import { runProgram } from '../../host/process.ts';

/** Prints how many times in a millisecond this CPU's time stamp counter ticks, measured over a fifth of a second. */
const source = `
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC_RAW, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
int main(void) {
  double start = now();
  unsigned long long first = __rdtsc();
  nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  unsigned long long last = __rdtsc();
  double end = now();
  printf("%.0f\\n", (last - first) / (end - start));
  return 0;
}
`;

/**
 * The rate of this host's time stamp counter in kHz. An emulated CPU hands the host's counter to its guest, whose kernel
 * has nothing on a `microvm` to measure it against and stops without: it must be told. Measured once a boot of the
 * host (a second, with gcc), then read from the cache. Rejects with a `HostFault`.
 */
export async function tscKilohertz(): Promise<number> {
  const file = await attempt('name this boot of the host', async () => {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return join(cacheFolder(), 'hosts', `tsc-${boot.trim()}`);
  });
  if (existsSync(file)) {
    const known = Number(await attempt("read the cached rate of this host's clock", () => readFile(file, 'utf8')));
    if (plausible(known)) {
      return known;
    }
  }
  const measured = await measure();
  await writeWhole(file, `${measured}\n`);
  return measured;
}

async function measure(): Promise<number> {
  const folder = await attempt('make a temporary folder', () => mkdtemp(join(tmpdir(), 'lightv-tsc-')));
  try {
    const program = join(folder, 'tsc');
    const measuring = "measure the rate of this host's time stamp counter";
    await runProgram(measuring, ['gcc', '-O1', '-x', 'c', '-o', program, '-'], { input: source });
    const { stdout } = await runProgram(measuring, [program]);
    if (!plausible(Number(stdout))) {
      throw new HostFault(measuring, `it says ${stdout}`);
    }
    return Number(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function plausible(kilohertz: number): boolean {
  return kilohertz > 100_000 && kilohertz < 20_000_000;
}
