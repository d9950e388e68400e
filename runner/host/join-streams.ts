import { Duplex, type Readable, type Writable } from 'node:stream';

/**
 * One duplex stream of a child's output and input. It ends when the child's output does, after everything that was in
 * it: a child that closes its input first, as one that ends does, may still have said something.
 */
export function joinStreams(readable: Readable, writable: Writable): Duplex {
  const duplex = new Duplex({
    read: () => void readable.resume(),
    // A write that fails found the child's end; what it said last is still to be read, and its end tells.
    write: (chunk, _encoding, done) => void writable.write(chunk, () => done()),
    final: (done) => void writable.end(() => done()),
    destroy: (error, done) => {
      readable.destroy();
      writable.destroy();
      done(error);
    },
  });
  readable.on('data', (chunk: Buffer) => {
    if (!duplex.push(chunk)) {
      readable.pause();
    }
  });
  readable.on('end', () => duplex.push(null));
  readable.on('close', () => {
    if (!readable.readableEnded) {
      duplex.destroy();
    }
  });
  readable.on('error', (error) => duplex.destroy(error));
  writable.on('error', () => {}); // as above: the reading side tells
  return duplex;
}
