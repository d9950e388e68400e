import { type HttpAnswer, HttpFailure } from '../../host/http.ts';

/** The token in the answer of a token server. Throws an `HttpFailure` where there is none fit for a header. */
export function tokenIn(bytes: Buffer, { host }: URL): string {
  let token: unknown;
  try {
    const value = JSON.parse(bytes.toString('utf8')) as { token?: unknown; access_token?: unknown } | null;
    token = value?.token ?? value?.access_token;
  } catch {
    token = undefined;
  }
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(token)) {
    throw new HttpFailure(`${host} answers without a token`, false);
  }
  return token;
}

/** The errors of a registry (`{errors: [{message}]}`) or of a token server (`{details}`), else its text. */
export function messageIn(text: string): string {
  try {
    const { errors, details } = JSON.parse(text) as { errors?: readonly { message?: unknown }[]; details?: unknown };
    const messages = (errors ?? []).map(({ message }) => message).concat(details);
    return messages.filter((message) => typeof message === 'string').join('; ');
  } catch {
    return /^\s*</.test(text) ? '' : text;
  }
}

/** `retry-after` in milliseconds: seconds, or a date. */
export function retryAfter({ headers }: HttpAnswer): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined) {
    return undefined;
  }
  if (/^\d{1,9}$/.test(text)) {
    return Number(text) * 1000;
  }
  const until = Date.parse(text);
  return Number.isNaN(until) ? undefined : Math.max(0, until - Date.now());
}
