import { WrongInput } from '../../host/fault.ts';
import { type HttpAnswer, HttpFailure, httpGet } from '../../host/http.ts';
import { isLoopback } from '../../host/loopback.ts';
import { TryAgain } from '../../host/try-again.ts';
import type { RegistryCredentials } from '../../model/image.ts';
import { type Challenge, readChallenge } from './challenge.ts';
import { dockerHub, type OciReference, referenceText } from './reference.ts';
import { messageIn, retryAfter, tokenIn } from './registry-answer.ts';

export interface RegistryAccess {
  readonly credentials?: RegistryCredentials;
  /** Milliseconds in which the registry has to say something more. */
  readonly patience?: number;
}

const tokenLimit = 1024 ** 2;
const wordsLimit = 16 * 1024;

/**
 * One repository of a registry that speaks the distribution protocol
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md). Asks without credentials first and shows
 * them only where it is told to. Over https, and plain http on loopback.
 */
export class Registry {
  readonly #of: OciReference;
  readonly #access: RegistryAccess;
  readonly #base: URL;
  #authorization: string | undefined;

  constructor(of: OciReference, access: RegistryAccess) {
    this.#of = of;
    this.#access = access;
    this.#base = addressOf(of);
  }

  /**
   * One try to get a resource below the repository, such as `manifests/latest`; `status` is 200 or, for a manifest or
   * blob that is not there, 404. Throws a `TryAgain` where another try may go better, an `HttpFailure` where not, a
   * `WrongInput` when we are not let in.
   */
  async get(path: string, accept: string, signal: AbortSignal): Promise<HttpAnswer> {
    const first = await this.#ask(path, accept, signal);
    const answer = first.status === 401 ? await this.#convince(first, path, accept, signal) : first;
    if (answer.status === 200 || answer.status === 404) {
      return answer;
    }
    const words = await this.#words(answer);
    if (answer.status === 401 || answer.status === 403) {
      throw this.#denied(words);
    }
    if (answer.status === 429 || answer.status >= 500) {
      throw new TryAgain(words, retryAfter(answer));
    }
    throw new HttpFailure(words, false);
  }

  async #ask(path: string, accept: string, signal: AbortSignal): Promise<HttpAnswer> {
    const headers = {
      accept,
      'user-agent': 'lightv',
      ...(this.#authorization === undefined ? {} : { authorization: this.#authorization }),
    };
    return await this.#send(new URL(path, this.#base), headers, signal);
  }

  /** Asks again with what the registry's challenge calls for: once, so that one that is never content is told. */
  async #convince(refused: HttpAnswer, path: string, accept: string, signal: AbortSignal): Promise<HttpAnswer> {
    const challenge = readChallenge(refused.headers.get('www-authenticate') ?? '');
    refused.drop();
    if (challenge === undefined) {
      throw this.#denied(`${this.#base.host} answers 401 and does not say how to ask`);
    }
    this.#authorization = await this.#answerTo(challenge, signal);
    return await this.#ask(path, accept, signal);
  }

  async #answerTo(challenge: Challenge, signal: AbortSignal): Promise<string> {
    const { credentials } = this.#access;
    if (challenge.scheme === 'bearer') {
      return `Bearer ${await this.#token(challenge, signal)}`;
    }
    if (credentials === undefined) {
      throw this.#denied(`${this.#base.host} asks for a user and a password`);
    }
    return basic(credentials);
  }

  async #token(
    { realm, service, scope = `repository:${this.#of.repository}:pull` }: Extract<Challenge, { scheme: 'bearer' }>,
    signal: AbortSignal,
  ): Promise<string> {
    const { credentials } = this.#access;
    const url = this.#realm(realm);
    if (service !== undefined) {
      url.searchParams.set('service', service);
    }
    for (const each of scope.split(' ')) {
      url.searchParams.append('scope', each);
    }
    const headers = { accept: 'application/json', 'user-agent': 'lightv' };
    const given = credentials === undefined ? {} : { authorization: basic(credentials) };
    const answer = await this.#send(url, { ...headers, ...given }, signal);
    if (answer.status === 429 || answer.status >= 500) {
      throw new TryAgain(await this.#words(answer), retryAfter(answer));
    }
    if (answer.status !== 200) {
      throw this.#denied(await this.#words(answer));
    }
    return tokenIn(await readBounded(answer, tokenLimit), url);
  }

  #realm(realm: string): URL {
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (url === undefined || (isLoopback(url.hostname) && !isLoopback(this.#base.hostname))) {
      throw new HttpFailure(`${this.#base.host} sends us to ${JSON.stringify(realm)} for a token`, false);
    }
    return url;
  }

  async #send(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    const { patience } = this.#access;
    try {
      return await httpGet({ url, headers, signal, ...(patience === undefined ? {} : { patience }) });
    } catch (error) {
      throw again(error);
    }
  }

  #denied(words: string): WrongInput {
    const { credentials } = this.#access;
    const how = credentials === undefined ? 'no credentials were given' : `as ${JSON.stringify(credentials.username)}`;
    return new WrongInput([{ message: `${referenceText(this.#of)} may not be pulled (${how}): ${words}` }]);
  }

  /** The registry's own words about what it does not give, fit for a log: one line, and no password in it. */
  async #words({ status, url, body }: HttpAnswer): Promise<string> {
    const text = await readBounded({ body }, wordsLimit).then(
      (bytes) => bytes.toString('utf8'),
      () => '',
    );
    const { credentials } = this.#access;
    const said =
      credentials === undefined || credentials.password === '' ? text : text.replaceAll(credentials.password, '***');
    const told = messageIn(said)
      .replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, 300);
    return `${url.host} answers ${status}${told === '' ? '' : `: ${told}`}`;
  }
}

/** An error of the line to a registry, as one that is worth another try where it is. */
export function again(error: unknown): unknown {
  return error instanceof HttpFailure && error.again ? new TryAgain(error.message) : error;
}

/** All of a body, at most `limit` bytes. */
export async function readBounded({ body }: Pick<HttpAnswer, 'body'>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) {
      throw new HttpFailure(`the answer has more than ${limit} bytes`, false);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function addressOf({ registry, repository }: OciReference): URL {
  const host = registry === dockerHub ? 'registry-1.docker.io' : registry;
  const secure = !isLoopback(new URL(`http://${host}`).hostname);
  return new URL(`${secure ? 'https' : 'http'}://${host}/v2/${repository}/`);
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
