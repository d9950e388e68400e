import { z } from 'zod';
import { answerJson, type Exchange, readJson } from './message.ts';
import { refused } from './refused.ts';

/** A method of a service: what its request must be, and what it does. */
export interface TwirpMethod {
  readonly request: z.ZodType;
  // biome-ignore lint/suspicious/noExplicitAny: the schema beside it has looked at the value
  readonly answer: (request: any) => Promise<object>;
}

/** By the full names of services, by the names of their methods. */
export type TwirpServices = Readonly<Record<string, Readonly<Record<string, TwirpMethod>>>>;

/** Puts a method's request and its work together, so that their types agree. */
export function method<T extends z.ZodType>(
  request: T,
  answer: (request: z.output<T>) => Promise<object>,
): TwirpMethod {
  return { request, answer };
}

/** A 64-bit number as protobuf's JSON has it: a text, or a number. */
export const int64 = z.union([z.string().regex(/^\d{1,18}$/), z.int().min(0)]).transform(Number);

/** Answers one call in Twirp's JSON. Throws a `Refused`. */
export async function callTwirp(exchange: Exchange, services: TwirpServices): Promise<void> {
  const { request, url } = exchange;
  const [, service = '', name = ''] = /^\/twirp\/([^/]+)\/([^/]+)$/.exec(url.pathname) ?? [];
  const known = Object.hasOwn(services, service) ? services[service] : undefined;
  const found = known !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
  if (request.method !== 'POST' || found === undefined) {
    throw refused('bad_route', `there is no ${request.method} ${url.pathname} here`);
  }
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw refused('bad_route', 'only JSON is spoken here');
  }
  const read = found.request.safeParse(withFieldNames(await readJson(exchange)));
  if (!read.success) {
    throw refused('invalid_argument', problemsIn(read.error));
  }
  answerJson(exchange, await found.answer(read.data));
}

export function problemsIn(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'the request'}: ${message}`).join('; ');
}

/** Protobuf's JSON may write a field as `signed_upload_url` or as `signedUploadUrl`. */
function withFieldNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [snake(name), each]));
}
