import type { Leftovers } from '../model/machine.ts';
import { chunkMax, type Frame } from './frames.ts';
import { magic, protocolVersion } from './host-message.ts';
import { PayloadReader, PayloadWriter, ProtocolError } from './wire.ts';

/** What a guest says of itself. */
export interface GuestHello {
  /** True for a machine with a kernel of its own, false in stream mode. */
  readonly machine: boolean;
  /** Made at random when the agent started and kept nowhere but in its memory. */
  readonly nonce: bigint;
  /** Nanoseconds of the guest's monotonic clock. */
  readonly uptime: bigint;
  readonly kernel: string;
}

export interface Pong {
  /** The ping's own. */
  readonly echo: bigint;
  /** As in the hello: proof that this is the very process that said hello, also across a restore. */
  readonly nonce: bigint;
  readonly uptime: bigint;
}

/** How a command ended, as it stands on the line: `value` is a code, a signal's number or an errno. */
export interface RawExit {
  readonly how: 'exited' | 'signalled' | 'out-of-memory' | 'not-started';
  readonly value: number;
  readonly detail: string;
}

export type GuestMessage =
  | ({ readonly kind: 'hello' } & GuestHello)
  | { readonly kind: 'stdout' | 'stderr' | 'data'; readonly data: Buffer }
  | ({ readonly kind: 'exit' } & RawExit)
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly errno: number; readonly sentence: string }
  | ({ readonly kind: 'left' } & Leftovers)
  | ({ readonly kind: 'pong' } & Pong)
  | { readonly kind: 'grant'; readonly bytes: number }
  | { readonly kind: 'fatal'; readonly sentence: string }
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'connected' }
  | { readonly kind: 'data-end' };

const types = {
  hello: 0x81,
  stdout: 0x82,
  stderr: 0x83,
  exit: 0x84,
  data: 0x85,
  done: 0x86,
  failed: 0x87,
  left: 0x88,
  pong: 0x89,
  grant: 0x8a,
  fatal: 0x8b,
  listening: 0x8c,
  connected: 0x8d,
  'data-end': 0x8e,
} as const satisfies Record<GuestMessage['kind'], number>;

const exits = ['exited', 'signalled', 'out-of-memory', 'not-started'] as const;

/** Throws a `ProtocolError` for anything PROTOCOL.md does not allow, a length above its bound among it. */
export function decodeGuestMessage(frame: Frame): GuestMessage {
  const chunk = chunkKind(frame.type);
  if (chunk !== undefined) {
    if (frame.payload.length === 0 || frame.payload.length > chunkMax) {
      throw new ProtocolError(`a piece of output of ${frame.payload.length} bytes; 1 to ${chunkMax} are allowed`);
    }
    return { kind: chunk, data: frame.payload };
  }
  const reader = new PayloadReader(frame.payload);
  const message = readGuestMessage(frame.type, reader);
  reader.end();
  return message;
}

function chunkKind(type: number): 'stdout' | 'stderr' | 'data' | undefined {
  const kinds = ['stdout', 'stderr', 'data'] as const;
  return kinds.find((kind) => types[kind] === type);
}

function readGuestMessage(type: number, reader: PayloadReader): GuestMessage {
  switch (type) {
    case types.hello:
      return readHello(reader);
    case types.exit:
      return readExit(reader);
    case types.done:
      return { kind: 'done' };
    case types.failed:
      return { kind: 'failed', errno: reader.u32(), sentence: reader.text() };
    case types.left:
      return {
        kind: 'left',
        processes: reader.list(9, () => ({ pid: reader.u32(), name: reader.text() })),
        mounts: reader.list(5, () => reader.text()),
        network: reader.list(5, () => reader.text()),
      };
    case types.pong:
      return { kind: 'pong', echo: reader.u64(), nonce: reader.u64(), uptime: reader.u64() };
    case types.grant:
      return { kind: 'grant', bytes: reader.u32() };
    case types.fatal:
      return { kind: 'fatal', sentence: reader.text() };
    case types.listening:
      return { kind: 'listening', port: reader.u16() };
    case types.connected:
      return { kind: 'connected' };
    case types['data-end']:
      return { kind: 'data-end' };
    default:
      throw new ProtocolError(`no frame of a guest has the type ${type}`);
  }
}

function readHello(reader: PayloadReader): GuestMessage {
  if (reader.u32() !== magic) {
    throw new ProtocolError('its hello is not of this protocol');
  }
  const version = reader.u16();
  if (version !== protocolVersion) {
    throw new ProtocolError(`it speaks version ${version} of the protocol and the host ${protocolVersion}`);
  }
  const flags = reader.u16();
  return {
    kind: 'hello',
    machine: (flags & 1) !== 0,
    nonce: reader.u64(),
    uptime: reader.u64(),
    kernel: reader.text(),
  };
}

function readExit(reader: PayloadReader): GuestMessage {
  const number = reader.u8();
  const how = exits[number];
  if (how === undefined) {
    throw new ProtocolError(`no way to end has the number ${number}`);
  }
  return { kind: 'exit', how, value: reader.u32(), detail: reader.text() };
}

/** The guest's side, for a guest that is faked and for the fixtures. */
export function encodeGuestMessage(id: number, message: GuestMessage): Frame {
  const payload = 'data' in message ? message.data : guestPayload(message);
  return { type: types[message.kind], id, payload };
}

function guestPayload(message: Exclude<GuestMessage, { data: Buffer }>): Buffer {
  const writer = new PayloadWriter();
  switch (message.kind) {
    case 'hello':
      writer.u32(magic).u16(protocolVersion);
      writer.u16(message.machine ? 1 : 0);
      return writer.u64(message.nonce).u64(message.uptime).text(message.kernel).done();
    case 'exit':
      return writer.u8(exits.indexOf(message.how)).u32(message.value).text(message.detail).done();
    case 'failed':
      return writer.u32(message.errno).text(message.sentence).done();
    case 'left':
      return writer
        .list(message.processes, ({ pid, name }) => writer.u32(pid).text(name))
        .list(message.mounts, (mount) => writer.text(mount))
        .list(message.network, (name) => writer.text(name))
        .done();
    case 'pong':
      return writer.u64(message.echo).u64(message.nonce).u64(message.uptime).done();
    case 'grant':
      return writer.u32(message.bytes).done();
    case 'fatal':
      return writer.text(message.sentence).done();
    case 'listening':
      return writer.u16(message.port).done();
    case 'done':
    case 'connected':
    case 'data-end':
      return writer.done();
  }
}
