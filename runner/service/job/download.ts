import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Exchange } from './message.ts';

/** A file that a guest downloads. Whoever gets it closes the handle. */
export interface Download {
  readonly handle: FileHandle;
  readonly size: number;
  readonly type: string;
  /** What it is called at its reader's. */
  readonly fileName?: string;
}

/** Sends a file or the range of it that is asked for, and closes it. A reader that goes away is no error. */
export async function sendFile({ request, response }: Exchange, file: Download): Promise<void> {
  try {
    const range = rangeOf(request.headers.range ?? header(request.headers['x-ms-range']), file.size);
    const common = { 'Accept-Ranges': 'bytes', 'Content-Type': file.type, ...disposition(file.fileName) };
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'Content-Range': `bytes */${file.size}`, 'Content-Length': 0 }).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: file.size - 1 };
    const about = range === undefined ? {} : { 'Content-Range': `bytes ${start}-${end}/${file.size}` };
    response.writeHead(range === undefined ? 200 : 206, { ...common, ...about, 'Content-Length': end - start + 1 });
    if (request.method === 'HEAD' || end < start) {
      response.end();
      return;
    }
    const contents = file.handle.createReadStream({ start, end, autoClose: false });
    await pipeline(contents, response).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') {
        throw error;
      }
    });
  } finally {
    await file.handle.close();
  }
}

/**
 * The one range of a `Range` header: `undefined` for none, and for what is better answered as a whole (several ranges,
 * other units), as RFC 9110 section 14.2 allows.
 */
export function rangeOf(
  text: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? '') ?? [];
  if (first === '' && last === '') {
    return undefined;
  }
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) {
    return undefined;
  }
  return start >= size || end < start ? 'unsatisfiable' : { start, end };
}

/** RFC 6266: the plain form for old readers, the other for every name. */
function disposition(fileName: string | undefined): Record<string, string> {
  if (fileName === undefined) {
    return {};
  }
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%;]/g, '_');
  const whole = encodeURIComponent(fileName).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16)}`);
  return { 'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${whole}` };
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
