import { existsSync, readFileSync } from 'node:fs';
import { WrongInput } from '../host/fault.ts';
import { guestFolder } from '../run/services.ts';
import { servicesAddress } from '../service/job/address.ts';
import type { Config } from './config.ts';

/** What a guest with a network gets besides, so that it reaches what the host reaches. Holds nothing secret. */
export interface GuestAccess {
  readonly env: Readonly<Record<string, string>>;
  /** PEM of public certificates for `guestCaFile`; absent: the image's own are enough. */
  readonly ca?: string;
}

/** Where a guest finds the certificates. */
export const guestCaFile = `${guestFolder}/ca.crt`;

/** Programs and the variable that tells each which certificates to trust. */
const caVariables = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
];

/**
 * From the configuration, else from the host's environment: the certificates it was told to trust and the registry npm
 * was told to use. Only certificates leave a bundle and only addresses without credentials are passed on. Throws a
 * `WrongInput` for a configured file that is not there.
 */
export function guestAccess(config: Config, host: NodeJS.ProcessEnv): GuestAccess {
  const ca = certificates(config, host);
  const registry = publicAddress(host.npm_config_registry ?? host.NPM_CONFIG_REGISTRY);
  const env = {
    ...(ca === undefined ? {} : Object.fromEntries(caVariables.map((name) => [name, guestCaFile]))),
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
    ...config.guest?.env,
  };
  return { env: withoutDetour(env), ...(ca === undefined ? {} : { ca }) };
}

/** A proxy that guests are told to use does not lead to the services on their own loopback. */
function withoutDetour(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (!Object.keys(env).some((name) => /^(?:https?|all)_proxy$/i.test(name))) {
    return env;
  }
  const direct = ['localhost', '127.0.0.1', servicesAddress.address];
  const told = (name: string) => [env[name], ...direct].filter((each) => each !== undefined && each !== '').join(',');
  return { ...env, no_proxy: told('no_proxy'), NO_PROXY: told('NO_PROXY') };
}

function certificates(config: Config, host: NodeJS.ProcessEnv): string | undefined {
  const named = config.guest?.ca;
  if (named === false) {
    return undefined;
  }
  if (named !== undefined && !existsSync(named)) {
    throw new WrongInput([{ message: `guest.ca in the configuration names "${named}", which is not there` }]);
  }
  const files = named === undefined ? [host.SSL_CERT_FILE, host.NODE_EXTRA_CA_CERTS] : [named];
  const found = [...new Set(files)].filter((file) => file !== undefined && file !== '' && existsSync(file));
  const blocks = found.flatMap((file) => certificatesIn(readFileSync(file as string, 'utf8')));
  if (blocks.length === 0) {
    return undefined;
  }
  // A variable replaces the guest's own bundle, so what one names alone would take away all others.
  const own = named === undefined && host.SSL_CERT_FILE === undefined ? systemCertificates() : [];
  return `${[...new Set([...own, ...blocks])].join('\n')}\n`;
}

function systemCertificates(): string[] {
  const bundle = '/etc/ssl/certs/ca-certificates.crt';
  return existsSync(bundle) ? certificatesIn(readFileSync(bundle, 'utf8')) : [];
}

/** A bundle may hold private keys too; they stay here. */
function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
}

/** An `http(s)` address without user, password, query and fragment, unless it is none or names the host itself. */
function publicAddress(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) {
    return undefined;
  }
  const url = new URL(address);
  const local = /^(?:localhost|127\..*|\[::1\]|0\.0\.0\.0)$/.test(url.hostname);
  return local || !/^https?:$/.test(url.protocol) ? undefined : `${url.protocol}//${url.host}${url.pathname}`;
}
