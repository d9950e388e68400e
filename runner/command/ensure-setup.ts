import { findInstaller, installLine, installPackages } from '../host/apt-install.ts';
import { HostFault } from '../host/fault.ts';
import { missingNeeds, type Need } from '../host/packages.ts';
import { type PrepareOptions, prepare } from './prepare.ts';
import { hostPurposes, type SetupPurpose } from './setup-purpose.ts';

/**
 * Makes this host ready for a purpose: installs what is missing where this user may, and makes what the first run needs.
 * A few milliseconds when nothing is missing. Throws a `HostFault` that names what is missing, why, and the line to type.
 */
export async function ensureSetup(purpose: SetupPurpose, options: PrepareOptions = {}): Promise<void> {
  await ensureHost(purpose, options);
  await prepare(purpose, options);
}

/** The first half of `ensureSetup`: the programs alone. */
export async function ensureHost(purpose: SetupPurpose, options: PrepareOptions = {}): Promise<void> {
  await installMissing(missingNeeds(await hostPurposes(purpose, options.repository)), options);
}

async function installMissing(missing: readonly Need[], options: PrepareOptions): Promise<void> {
  if (missing.length === 0) {
    return;
  }
  const packages = packagesOf(missing);
  const installer = await findInstaller();
  if (installer === undefined) {
    const why = 'programs are missing, and installing them takes root or sudo, and apt';
    throw new HostFault('set up this host', [why, ...describeMissing(missing), whatToType(packages)].join('\n'));
  }
  for (const line of describeMissing(missing)) {
    options.onProgress?.(line);
  }
  await installPackages(packages, installer, options);
  const still = missingNeeds(missing.map(({ purpose }) => purpose));
  if (still.length > 0) {
    throw new HostFault('set up this host', `after the installation still ${describeMissing(still).join('\n')}`);
  }
}

/** One line a package: what is missing and why it is needed. */
export function describeMissing(missing: readonly Need[]): readonly string[] {
  return packagesOf(missing).map((name) => {
    const needs = missing.filter((need) => need.package === name);
    const programs = needs.map((need) => need.present).join(', ');
    const reasons = [...new Set(needs.map((need) => need.why))].join(' and to ');
    return `missing: ${programs} (Debian package ${name}), needed to ${reasons}`;
  });
}

/** The packages that bring what is missing, sorted, each once. */
export function packagesOf(missing: readonly Need[]): readonly string[] {
  return [...new Set(missing.map((need) => need.package))].sort();
}

/** What a person who may install packages has to do. */
export function whatToType(packages: readonly string[]): string {
  return `to install them on Debian or Ubuntu type: ${installLine(packages)}`;
}
