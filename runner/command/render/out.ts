import { once } from 'node:events';
import { HostFault } from '../../host/fault.ts';
import type { Out } from './screen.ts';

/**
 * Text to a stream with back-pressure. When the reader has gone (`lightv run | head`) `onClosed` is called once and what
 * follows is dropped; any other error of the stream is a `HostFault` of the next write. What is
 * written in one turn of the event loop goes out in one piece of about `together` characters; 0: at once.
 */
export function streamOut(stream: NodeJS.WritableStream, onClosed: () => void, together = 64 * 1024): Out {
  let closed = false;
  let failure: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') {
      closed = true;
      onClosed();
    } else {
      failure ??= new HostFault('write what is to be shown', error);
    }
  });
  let waiting = '';
  const flush = (): boolean => {
    const text = waiting;
    waiting = '';
    return closed || text === '' || stream.write(text);
  };
  return {
    async write(text) {
      if (failure !== undefined) {
        throw failure;
      }
      if (waiting === '') {
        setImmediate(flush);
      }
      waiting += text;
      if (waiting.length > together && !flush()) {
        // An error of the stream ends the wait as well; the listener above has taken it.
        await once(stream, 'drain').catch(() => undefined);
      }
    },
  };
}
