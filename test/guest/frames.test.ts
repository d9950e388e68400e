import test from 'ava';
import fc from 'fast-check';
import { encodeFrame, type Frame, FrameDecoder, frameMax } from '../../runner/guest/frames.ts';
import { decodeGuestMessage, encodeGuestMessage, type GuestMessage } from '../../runner/guest/guest-message.ts';
import { decodeHostMessage, encodeHostMessage, type HostMessage } from '../../runner/guest/host-message.ts';
import { ProtocolError } from '../../runner/guest/wire.ts';
import { fixtureFrames, malformedFrames } from './fixture-frames.ts';

function decode(hex: string, from: 'host' | 'guest') {
  const frames = [...new FrameDecoder().push(Buffer.from(hex, 'hex'))];
  return frames.map((frame) => ({
    id: frame.id,
    message: from === 'host' ? decodeHostMessage(frame) : decodeGuestMessage(frame),
  }));
}

for (const { name, from, id, message, hex } of fixtureFrames) {
  test(`fixture, ${from}: ${name}`, (t) => {
    t.deepEqual<unknown, unknown>(decode(hex, from), [{ id, message }]);
    const frame =
      from === 'host' ? encodeHostMessage(id, message as HostMessage) : encodeGuestMessage(id, message as GuestMessage);
    t.is(encodeFrame(frame).toString('hex'), hex);
  });
}

for (const { name, from, hex } of malformedFrames) {
  test(`malformed: ${name}`, (t) => {
    t.throws(() => decode(hex, from), { instanceOf: ProtocolError });
  });
}

test('frames come out whole wherever the chunks end', (t) => {
  const frames = fc.array(
    fc.record({
      type: fc.integer({ min: 0, max: 255 }),
      id: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 100 })), (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(encodeFrame));
      const decoder = new FrameDecoder();
      const got: Frame[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value;
        got.push(...decoder.push(bytes.subarray(at, at + size)));
        at += size;
      }
      t.deepEqual(got, sent);
    }),
  );
});

test('a length over the bound is refused from the header alone', (t) => {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(frameMax + 1, 0);
  t.throws(() => [...new FrameDecoder().push(header)], { instanceOf: ProtocolError });
});

test('random payloads are read or refused with a ProtocolError', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0x80, max: 0x8f }), fc.uint8Array({ maxLength: 60 }), (type, bytes) => {
      try {
        decodeGuestMessage({ type, id: 1, payload: Buffer.from(bytes) });
      } catch (error) {
        t.true(error instanceof ProtocolError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

test('what no frame can hold is a RangeError on this side', (t) => {
  const exec = { kind: 'exec', input: false, credit: 1, cwd: '/', user: '', env: [] } as const;
  t.throws(() => encodeHostMessage(1, { ...exec, argv: ['a\0b'] }), { instanceOf: RangeError });
  t.throws(() => encodeHostMessage(1, { ...exec, argv: ['x'.repeat(frameMax)] }), { instanceOf: RangeError });
});
