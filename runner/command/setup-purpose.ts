import { accessSync, constants } from 'node:fs';
import type { Purpose } from '../host/packages.ts';
import { ociPrefix } from '../image/oci/reference.ts';
import { needsDebianBase } from '../image/open.ts';
import type { Isolation } from '../model/workflow.ts';
import type { Demand } from './plan-demand.ts';

/**
 * What somebody is about to do: `run` pipelines (`demand`: what they ask for; left out, anything but images of their
 * own), `test` or `bench` LightV itself, or use one image.
 */
export type SetupPurpose =
  | { readonly kind: 'run'; readonly demand?: Demand }
  | { readonly kind: 'test' }
  | { readonly kind: 'bench' }
  | { readonly kind: 'image'; readonly image: string };

/** Every level and a network, with the image that takes no big download. */
const everything: Demand = {
  images: new Set(['busybox']),
  tools: new Set(),
  levels: new Set(['microvm', 'sandbox']),
  network: true,
  registries: false,
};

/** The test suite runs every shipped pipeline, and actions. */
const tests: Demand = { ...everything, images: new Set(['busybox', 'debian']), tools: new Set(['node']) };

/** What a purpose asks for, as one demand. */
export function demandOfPurpose(purpose: SetupPurpose): Demand {
  if (purpose.kind === 'image') {
    return { images: new Set([purpose.image]), tools: new Set(), levels: new Set(), network: false, registries: false };
  }
  return purpose.kind === 'test' ? tests : ((purpose.kind === 'run' ? purpose.demand : undefined) ?? everything);
}

/** The parts of the host that purpose takes. Throws a `WrongInput` for a wrong image definition. */
export async function hostPurposes(purpose: SetupPurpose, repository?: string): Promise<readonly Purpose[]> {
  const { images, levels, network, registries } = demandOfPurpose(purpose);
  const debian = await Promise.all([...images].map((image) => needsDebianBase(image, repository)));
  const parts: readonly (readonly [Purpose, boolean])[] = [
    ['microvm', takesMicrovm(levels)],
    ['sandbox', levels.has('sandbox') || levels.has('auto')],
    ['agent', levels.size > 0],
    ['checkout', levels.size > 0],
    ['network', network],
    ['image', true],
    ['debian-image', debian.includes(true)],
    ['oci-image', registries || purpose.kind === 'test' || [...images].some((image) => image.startsWith(ociPrefix))],
    ['registry', purpose.kind === 'test'],
    ['subordinate-ids', takesIds(purpose, debian.includes(true))],
    ['bench', purpose.kind === 'bench'],
    ['test', purpose.kind === 'test'],
  ];
  return parts.filter(([, needed]) => needed).map(([part]) => part);
}

/** A sandbox makes do without them, so a run alone does not ask; the tests try it as an ordinary user. */
function takesIds(purpose: SetupPurpose, debian: boolean): boolean {
  const asRoot = process.getuid?.() === 0;
  return purpose.kind === 'test' || (!asRoot && (debian || (purpose.kind === 'run' && purpose.demand === undefined)));
}

/** `auto` only takes a microVM where KVM may run it. */
export function takesMicrovm(levels: ReadonlySet<Isolation>): boolean {
  return levels.has('microvm') || (levels.has('auto') && kvmOpens());
}

function kvmOpens(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    // Not there or not for us: no microVM by itself.
    return false;
  }
}
