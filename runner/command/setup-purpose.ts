import type { Purpose } from '../host/packages.ts';
import { needsDebianBase } from '../image/open.ts';

/** What somebody is about to do: `run` pipelines (`images`: those they use), `test` LightV itself, or use one image. */
export type SetupPurpose =
  | { readonly kind: 'run'; readonly images?: readonly string[] }
  | { readonly kind: 'test' }
  | { readonly kind: 'image'; readonly image: string };

const machines: readonly Purpose[] = ['sandbox', 'microvm', 'network', 'agent', 'image', 'checkout'];

/** The parts of the host that purpose takes. Throws a `WrongInput` for a wrong image definition. */
export async function hostPurposes(purpose: SetupPurpose, repository?: string): Promise<readonly Purpose[]> {
  const own: readonly Purpose[] = purpose.kind === 'image' ? ['image'] : machines;
  for (const image of imagesOf(purpose)) {
    if (await needsDebianBase(image, repository)) {
      return [...own, 'debian-image'];
    }
  }
  return own;
}

/** Images a purpose is known to use. */
export function imagesOf(purpose: SetupPurpose): readonly string[] {
  if (purpose.kind === 'image') {
    return [purpose.image];
  }
  return purpose.kind === 'run' ? (purpose.images ?? []) : [];
}
