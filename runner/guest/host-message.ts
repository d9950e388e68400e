import type { GuestAddress } from '../model/machine.ts';
import { type Frame, frameMax } from './frames.ts';
import { PayloadReader, PayloadWriter, ProtocolError } from './wire.ts';

/** The first word of both hellos: "LTVG". */
export const magic = 0x4756544c;
export const protocolVersion = 4;

/** IPv4 in dotted form; `gateway` and `dns` may be empty. */
export interface GuestNetwork {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly dns: string;
}

/** What a machine mounts over its image; each list in the order it is to be mounted. */
export interface GuestMounts {
  /** Names the image's own layer on the disk. */
  readonly layer: string;
  readonly folders: readonly { readonly store: string; readonly path: string }[];
  readonly tools: readonly { readonly serial: string; readonly path: string }[];
  readonly binds: readonly { readonly from: string; readonly to: string }[];
}

/** Everything a host says; field for field as PROTOCOL.md lays it out. */
export type HostMessage =
  | {
      readonly kind: 'hello';
      readonly magic: number;
      readonly version: number;
      /** Nanoseconds since 1970. */
      readonly clock: bigint;
      readonly hostname: string;
      /** 32 to 512 random bytes. */
      readonly seed: Uint8Array;
      readonly network?: GuestNetwork;
      readonly mounts?: GuestMounts;
    }
  | {
      readonly kind: 'exec';
      readonly input: boolean;
      readonly credit: number;
      readonly terminal?: { readonly columns: number; readonly rows: number };
      readonly cwd: string;
      /** `''` is root. */
      readonly user: string;
      readonly argv: readonly string[];
      /** `NAME=value` each. */
      readonly env: readonly string[];
    }
  | { readonly kind: 'input'; readonly data: Buffer }
  | { readonly kind: 'input-end' }
  | { readonly kind: 'credit'; readonly bytes: number }
  | { readonly kind: 'signal'; readonly number: number }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'copy-in'; readonly directory: string; readonly owner: string }
  | {
      readonly kind: 'copy-out';
      readonly namesOnly: boolean;
      readonly list: boolean;
      readonly credit: number;
      readonly path: string;
    }
  | { readonly kind: 'left' }
  | { readonly kind: 'stop-left' }
  | ({ readonly kind: 'listen' } & GuestAddress)
  /** A place for the next connection of a listener, which the message names by its id. */
  | { readonly kind: 'accept'; readonly listener: number; readonly credit: number }
  | ({ readonly kind: 'connect'; readonly credit: number } & GuestAddress)
  | { readonly kind: 'close' }
  | { readonly kind: 'ping'; readonly nonce: bigint }
  | { readonly kind: 'shutdown' };

type Fields<K extends HostMessage['kind']> = Extract<HostMessage, { kind: K }>;

const types = {
  hello: 0x01,
  exec: 0x02,
  input: 0x03,
  'input-end': 0x04,
  credit: 0x05,
  signal: 0x06,
  resize: 0x07,
  'copy-in': 0x08,
  'copy-out': 0x09,
  left: 0x0a,
  'stop-left': 0x0b,
  ping: 0x0c,
  shutdown: 0x0d,
  listen: 0x0e,
  accept: 0x0f,
  connect: 0x10,
  close: 0x11,
} as const satisfies Record<HostMessage['kind'], number>;

/** A `RangeError` for texts with a NUL and for a command whose words are more than a frame holds. */
export function encodeHostMessage(id: number, message: HostMessage): Frame {
  const payload = message.kind === 'input' ? message.data : hostPayload(message);
  if (payload.length > frameMax) {
    throw new RangeError(`the command and its environment have ${payload.length} bytes; ${frameMax} are allowed`);
  }
  return { type: types[message.kind], id, payload };
}

function hostPayload(message: Exclude<HostMessage, { kind: 'input' }>): Buffer {
  const writer = new PayloadWriter();
  switch (message.kind) {
    case 'hello':
      return helloPayload(writer, message);
    case 'exec':
      return execPayload(writer, message);
    case 'credit':
      return writer.u32(message.bytes).done();
    case 'signal':
      return writer.u32(message.number).done();
    case 'resize':
      return writer.u16(message.columns).u16(message.rows).done();
    case 'copy-in':
      return writer.text(message.directory).text(message.owner).done();
    case 'copy-out':
      return writer
        .u32((message.namesOnly ? 1 : 0) | (message.list ? 2 : 0))
        .u32(message.credit)
        .text(message.path)
        .done();
    case 'listen':
      return writer.text(message.address).u16(message.port).done();
    case 'accept':
      return writer.u32(message.listener).u32(message.credit).done();
    case 'connect':
      return writer.u32(message.credit).text(message.address).u16(message.port).done();
    case 'ping':
      return writer.u64(message.nonce).done();
    default:
      return writer.done();
  }
}

function helloPayload(writer: PayloadWriter, message: Fields<'hello'>): Buffer {
  const { network, mounts } = message;
  writer
    .u32(message.magic)
    .u16(message.version)
    .u16((network === undefined ? 0 : 1) | (mounts === undefined ? 0 : 2))
    .u64(message.clock)
    .text(message.hostname)
    .bytes(message.seed);
  if (network !== undefined) {
    writer.text(network.interface).text(network.address).u8(network.prefix).text(network.gateway).text(network.dns);
  }
  if (mounts !== undefined) {
    writer
      .text(mounts.layer)
      .list(mounts.folders, ({ store, path }) => writer.text(store).text(path))
      .list(mounts.tools, ({ serial, path }) => writer.text(serial).text(path))
      .list(mounts.binds, ({ from, to }) => writer.text(from).text(to));
  }
  return writer.done();
}

function execPayload(writer: PayloadWriter, message: Fields<'exec'>): Buffer {
  const { terminal } = message;
  return writer
    .u32((message.input ? 1 : 0) | (terminal === undefined ? 0 : 2))
    .u32(message.credit)
    .u16(terminal?.columns ?? 0)
    .u16(terminal?.rows ?? 0)
    .text(message.cwd)
    .text(message.user)
    .list(message.argv, (word) => writer.text(word))
    .list(message.env, (variable) => writer.text(variable))
    .done();
}

/** The guest's view, for a guest that is faked and for the fixtures. Throws a `ProtocolError`. */
export function decodeHostMessage(frame: Frame): HostMessage {
  const reader = new PayloadReader(frame.payload);
  const message = readHostMessage(frame, reader);
  if (message.kind !== 'input') {
    reader.end();
  }
  return message;
}

function readHostMessage(frame: Frame, reader: PayloadReader): HostMessage {
  switch (frame.type) {
    case types.hello:
      return readHello(reader);
    case types.exec:
      return readExec(reader);
    case types.input:
      return { kind: 'input', data: frame.payload };
    case types['input-end']:
      return { kind: 'input-end' };
    case types.credit:
      return { kind: 'credit', bytes: reader.u32() };
    case types.signal:
      return { kind: 'signal', number: reader.u32() };
    case types.resize:
      return { kind: 'resize', columns: reader.u16(), rows: reader.u16() };
    case types['copy-in']:
      return { kind: 'copy-in', directory: reader.text(), owner: reader.text() };
    case types['copy-out']:
      return readCopyOut(reader);
    case types.left:
      return { kind: 'left' };
    case types['stop-left']:
      return { kind: 'stop-left' };
    case types.ping:
      return { kind: 'ping', nonce: reader.u64() };
    case types.shutdown:
      return { kind: 'shutdown' };
    case types.listen:
      return { kind: 'listen', address: reader.text(), port: reader.u16() };
    case types.accept:
      return { kind: 'accept', listener: reader.u32(), credit: reader.u32() };
    case types.connect:
      return { kind: 'connect', credit: reader.u32(), address: reader.text(), port: reader.u16() };
    case types.close:
      return { kind: 'close' };
    default:
      throw new ProtocolError(`no frame of a host has the type ${frame.type}`);
  }
}

function readHello(reader: PayloadReader): HostMessage {
  const [word, version, flags] = [reader.u32(), reader.u16(), reader.u16()];
  const fixed = { magic: word, version, clock: reader.u64(), hostname: reader.text(), seed: reader.bytes(512) };
  const network = (flags & 1) === 0 ? {} : { network: readNetwork(reader) };
  const mounts = (flags & 2) === 0 ? {} : { mounts: readMounts(reader) };
  return { kind: 'hello', ...fixed, ...network, ...mounts };
}

function readNetwork(reader: PayloadReader): GuestNetwork {
  return {
    interface: reader.text(),
    address: reader.text(),
    prefix: reader.u8(),
    gateway: reader.text(),
    dns: reader.text(),
  };
}

function readMounts(reader: PayloadReader): GuestMounts {
  return {
    layer: reader.text(),
    folders: reader.list(10, () => ({ store: reader.text(), path: reader.text() })),
    tools: reader.list(10, () => ({ serial: reader.text(), path: reader.text() })),
    binds: reader.list(10, () => ({ from: reader.text(), to: reader.text() })),
  };
}

function readExec(reader: PayloadReader): HostMessage {
  const [flags, credit, columns, rows] = [reader.u32(), reader.u32(), reader.u16(), reader.u16()];
  const cwd = reader.text();
  const user = reader.text();
  const argv = reader.list(5, () => reader.text());
  const env = reader.list(5, () => reader.text());
  const terminal = (flags & 2) === 0 ? {} : { terminal: { columns, rows } };
  return { kind: 'exec', input: (flags & 1) !== 0, credit, ...terminal, cwd, user, argv, env };
}

function readCopyOut(reader: PayloadReader): HostMessage {
  const flags = reader.u32();
  const credit = reader.u32();
  return { kind: 'copy-out', namesOnly: (flags & 1) !== 0, list: (flags & 2) !== 0, credit, path: reader.text() };
}
