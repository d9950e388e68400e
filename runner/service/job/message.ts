import type { IncomingMessage, ServerResponse } from 'node:http';
import { causeText } from '../../host/fault.ts';
import { Refused, refused } from './refused.ts';

/** A request and its answer, with the address taken apart. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

/** Bytes of a JSON body. */
const jsonMax = 256 * 1024;

/** The whole body. Throws a `Refused` when it is larger than `most` bytes. */
export async function readBody({ request }: Exchange, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) {
      throw refused('invalid_argument', `the request has more than ${most} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as JSON. Throws a `Refused` when it is none. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  const body = await readBody(exchange, jsonMax);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw refused('malformed', 'the request is no JSON');
  }
}

export function answerJson({ response }: Exchange, value: unknown, status = 200): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': body.length }).end(body);
}

/** An answer without a body. */
export function answerHead({ response }: Exchange, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

/** Every error is JSON, which clients take apart; Azure's look at the header. A fault of the host is told as such. */
export function answerError(exchange: Exchange, error: unknown): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, code, message } =
    error instanceof Refused ? error : { status: 500, code: 'internal', message: causeText(error) };
  response.setHeader('x-ms-error-code', code);
  if (request.method === 'HEAD') {
    answerHead(exchange, status);
  } else {
    answerJson(exchange, { code, msg: message, message }, status);
  }
}

/** What stands behind `Bearer`, or `''`. */
export function bearer({ request }: Exchange): string {
  return /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}
