import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { attempt } from '../../host/attempt.ts';

/** The key that identity tokens are signed with, and its public half for whoever checks them. */
export interface SigningKey {
  readonly key: CryptoKey;
  readonly id: string;
  readonly publicKey: JWK;
}

/**
 * The key in `file`, made at the first call on this host and kept there for its user alone, so that whoever was told to
 * trust it can go on doing so. Rejects with a `HostFault`.
 */
export async function signingKey(file: string): Promise<SigningKey> {
  return await attempt(`read the key of identity tokens in ${file}`, async () => {
    const text = (await readIfThere(file)) ?? (await make(file));
    const jwk = JSON.parse(text) as JWK;
    const { kty = 'RSA', n = '', e = '' } = jwk;
    const id = await calculateJwkThumbprint({ kty, n, e });
    const key = (await importJWK(jwk, 'RS256')) as CryptoKey;
    return { key, id, publicKey: { kty, n, e, kid: id, alg: 'RS256', use: 'sig' } };
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
}

/** Another process may make one at the same time: the first stays. */
async function make(file: string): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const fresh = `${file}.${randomBytes(4).toString('hex')}.making`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(fresh, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') {
        throw error;
      }
    });
  } finally {
    await rm(fresh, { force: true });
  }
  return await readFile(file, 'utf8');
}
