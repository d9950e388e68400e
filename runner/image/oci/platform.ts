import { arch } from 'node:os';
import { WrongInput } from '../../host/fault.ts';
import type { ImageManifest } from '../../model/image.ts';
import type { OciIndex, Platform } from './documents.ts';

/** What images are taken for here: the name in image indexes and our own. */
export interface HostPlatform {
  readonly architecture: 'amd64' | 'arm64';
  readonly arch: ImageManifest['arch'];
}

/** Of this machine; `undefined` on a processor there are no guests for. */
export function hostPlatform(): HostPlatform | undefined {
  switch (arch()) {
    case 'x64':
      return { architecture: 'amd64', arch: 'x86_64' };
    case 'arm64':
      return { architecture: 'arm64', arch: 'aarch64' };
    default:
      return undefined;
  }
}

/** Whether an image of that platform runs here. */
export function runsOn({ os, architecture, variant = '' }: Platform, host: HostPlatform): boolean {
  return os === 'linux' && architecture === host.architecture && ['', 'v8', 'v1'].includes(variant);
}

/** The manifest of an index for this machine. Throws a `WrongInput` that names the platforms there are. */
export function choosePlatform(
  { manifests }: OciIndex,
  host: HostPlatform,
  name: string,
): OciIndex['manifests'][number] {
  const chosen = manifests.find(({ platform }) => platform !== undefined && runsOn(platform, host));
  // An index of one image may leave its platform to the image's own configuration.
  const only = manifests.length === 1 && manifests[0]?.platform === undefined ? manifests[0] : undefined;
  const found = chosen ?? only;
  if (found === undefined) {
    const there = manifests.flatMap(({ platform }) => (platform === undefined ? [] : [platformText(platform)]));
    const known = [...new Set(there)].filter((text) => text !== 'unknown/unknown').sort();
    throw new WrongInput([
      { message: `${name} is not there for linux/${host.architecture}; it is for ${known.join(', ') || 'nothing'}` },
    ]);
  }
  return found;
}

export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
