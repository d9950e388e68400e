import { readFileSync } from 'node:fs';
import { WrongInput } from '../host/fault.ts';
import { ociPrefix, parseOciReference } from '../image/oci/reference.ts';
import { imageExists, type OpenOptions } from '../image/open.ts';
import type { RegistryCredentials } from '../model/image.ts';
import type { Config } from './config.ts';

/** What the configuration says of pulling images. Throws a `WrongInput` for a file of a password that cannot be read. */
export function imageAccess(config: Config): Pick<OpenOptions, 'credentials' | 'layerLimit'> {
  const { registries = {}, layers } = config;
  return {
    credentials: (registry) => credentialsOf(registry, registries[registry]),
    ...(layers === undefined ? {} : { layerLimit: layers }),
  };
}

function credentialsOf(
  registry: string,
  entry: NonNullable<Config['registries']>[string] | undefined,
): RegistryCredentials | undefined {
  if (entry === undefined) {
    return undefined;
  }
  const { username, password, 'password-file': file } = entry;
  if (file === undefined) {
    return { username, password: password ?? '' };
  }
  try {
    return { username, password: readFileSync(file, 'utf8').trimEnd() };
  } catch (error) {
    throw new WrongInput([{ message: `the password-file of the registry ${registry}: ${(error as Error).message}` }]);
  }
}

/**
 * Other names for images, as the configuration and `-P` give them: a name with a tag or a digest that is no image here
 * is one of a registry, so that `-P ubuntu-latest=debian:12` means what it does elsewhere.
 */
export function imageNames(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(given).map(([name, image]) => [name, ofRegistry(image)]));
}

function ofRegistry(image: string): string {
  const pulled = /[:@]/.test(image) && !imageExists(image) && typeof parseOciReference(image) !== 'string';
  return pulled && !image.startsWith(ociPrefix) ? `${ociPrefix}${image}` : image;
}
