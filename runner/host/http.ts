import type { Dispatcher } from 'undici';
import { causeText } from './fault.ts';
import { isLoopback } from './loopback.ts';

/** What a server answered. Its body must be read to the end or left with `drop`. */
export interface HttpAnswer {
  readonly status: number;
  /** By names in lower case; of those that came several times, all joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** Where it came from in the end. */
  readonly url: URL;
  readonly body: AsyncIterable<Uint8Array>;
  /** Leaves the rest of the body unread. */
  drop(): void;
}

export interface HttpRequest {
  readonly url: URL;
  /** By names in lower case. `authorization` is kept from any other server that a redirect leads to. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds in which a server has to say something more; 60,000 when left out. */
  readonly patience?: number;
}

/** A server that could not be reached, broke off or led somewhere it must not. `again`: another try may go better. */
export class HttpFailure extends Error {
  readonly again: boolean;

  constructor(message: string, again: boolean) {
    super(message);
    this.name = 'HttpFailure';
    this.again = again;
  }
}

const mostRedirects = 10;
const redirects = [301, 302, 303, 307, 308];

/**
 * Gets a resource over https, over plain http from this machine's loopback only, and follows redirects. Proxies are
 * those of the usual variables (`HTTPS_PROXY`, `NO_PROXY`), which loopback is never asked through. Throws an
 * `HttpFailure` or the signal's reason; every status is an answer.
 */
export async function httpGet(request: HttpRequest): Promise<HttpAnswer> {
  let { url, headers } = request;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    checkAddress(url);
    const answer = await getOne({ ...request, url, headers });
    const location = answer.headers.get('location');
    if (!redirects.includes(answer.status) || location === undefined) {
      return answer;
    }
    answer.drop();
    const next = parse(location, url);
    if (isLoopback(next.hostname) && !isLoopback(url.hostname)) {
      throw new HttpFailure(`${url.host} redirects to this machine's loopback`, false);
    }
    if (next.origin !== url.origin) {
      const { authorization: _, ...rest } = headers;
      headers = rest;
    }
    url = next;
  }
  throw new HttpFailure(`${request.url.host} redirects without end`, false);
}

function parse(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new HttpFailure(`${base.host} redirects to what is no address`, false);
  }
}

function checkAddress({ protocol, hostname, host }: URL): void {
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    throw new HttpFailure(`${host} would be asked over plain ${protocol.slice(0, -1)}; only loopback may be`, false);
  }
}

async function getOne({ url, headers, signal, patience = 60_000 }: HttpRequest): Promise<HttpAnswer> {
  // Who pulls nothing need not wait for it to be loaded.
  const { agentFor, request } = await import('./http-agents.ts');
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(url, {
      dispatcher: agentFor(url.hostname),
      headers,
      signal,
      headersTimeout: patience,
      bodyTimeout: patience,
    });
  } catch (error) {
    throw failure(url, error, signal);
  }
  const { body } = answer;
  return {
    status: answer.statusCode,
    headers: new Map(Object.entries(answer.headers).map(([name, value]) => [name, [value].flat().join(', ')])),
    url,
    body: told(body, url, signal),
    drop: () => {
      // What is cut short says so as an error, which nobody waits for any more.
      body.on('error', () => {});
      body.destroy();
    },
  };
}

async function* told(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failure(url, error, signal);
  }
}

function failure(url: URL, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    return signal.reason;
  }
  // Of a host with several addresses the reasons are below an error that says nothing.
  const cause = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  return 'code' in Object(cause) ? new HttpFailure(`${url.host}: ${causeText(cause)}`, true) : error;
}
