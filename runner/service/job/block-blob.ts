import { answerHead, type Exchange, readBody } from './message.ts';
import { Refused } from './refused.ts';
import type { Upload } from './upload.ts';

/** Bytes of a list of blocks: the most that one may have, each with the longest id and its tags. */
const listMax = 8 * 1024 ** 2;
/** The id that a blob sent in one piece has here; no client can choose it. */
const whole = '';

/**
 * What Azure's clients do to fill a blob (Put Block, Put Block List, Put Blob). Ids of blocks are texts of at most 64
 * bytes in base64. Throws a `Refused`.
 */
export async function putBlob(exchange: Exchange, upload: Upload): Promise<void> {
  const { request, url } = exchange;
  const part = url.searchParams.get('comp');
  if (part === 'block') {
    const id = url.searchParams.get('blockid') ?? '';
    if (id === '' || id.length > 88) {
      throw new Refused(400, 'InvalidQueryParameterValue', 'a block has an id of 1 to 64 bytes');
    }
    await upload.put(id, request, announced(exchange));
  } else if (part === 'blocklist') {
    upload.order(blockList((await readBody(exchange, listMax)).toString('utf8')));
  } else if (part === null) {
    await upload.put(whole, request, announced(exchange));
    upload.order([whole]);
  } else {
    throw new Refused(400, 'InvalidQueryParameterValue', `there is no way here to put a ${part}`);
  }
  answerHead(exchange, 201);
}

function announced({ request }: Exchange): number {
  const size = Number(request.headers['content-length'] ?? 0);
  return Number.isSafeInteger(size) ? size : 0;
}

/** A block is named as latest, committed or uncommitted: here the last one of an id is all there is. */
function blockList(xml: string): string[] {
  const names = [...xml.matchAll(/<(Latest|Committed|Uncommitted)>([^<]*)<\/\1>/g)];
  if (!/<BlockList[\s/>]/.test(xml)) {
    throw new Refused(400, 'InvalidXmlDocument', 'the request is no list of blocks');
  }
  return names.map(([, , id = '']) => id.trim());
}
