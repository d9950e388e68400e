import test from 'ava';
import { type SeccompArch, seccompProgram } from '../../runner/host/seccomp.ts';

/** Runs a classic BPF program as the kernel would on `struct seccomp_data`. */
function verdict(arch: SeccompArch, call: number, first = 0, second = 0, audit?: number): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call >>> 0, 0);
  data.writeUInt32LE(audit ?? (arch === 'x86_64' ? 0xc000_003e : 0xc000_00b7), 4);
  data.writeUInt32LE(first >>> 0, 16);
  data.writeUInt32LE(second >>> 0, 24);
  const program = seccompProgram(arch);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const value = program.readUInt32LE(at * 8 + 4);
    if (code === 0x06) {
      return value;
    }
    if (code === 0x20) {
      accumulator = data.readUInt32LE(value);
      continue;
    }
    const holds =
      code === 0x15 ? accumulator === value : code === 0x35 ? accumulator >= value : (accumulator & value) !== 0;
    at += program.readUInt8(at * 8 + (holds ? 2 : 3));
  }
  throw new Error('the program ran over its end');
}

const allow = 0x7fff_0000;
const eperm = 0x0005_0001;
const enosys = 0x0005_0026;

test('calls on the host’s kernel are refused, ordinary ones are not', (t) => {
  t.is(verdict('x86_64', 0), allow);
  t.is(verdict('x86_64', 101), allow, 'ptrace');
  t.is(verdict('x86_64', 165), eperm, 'mount');
  t.is(verdict('x86_64', 321), eperm, 'bpf');
  t.is(verdict('aarch64', 40), eperm, 'mount');
  t.is(verdict('aarch64', 63), allow, 'read');
});

test('arguments decide where they must', (t) => {
  t.is(verdict('x86_64', 56, 17), allow, 'fork');
  t.is(verdict('x86_64', 56, 0x1000_0000 | 17), eperm, 'clone(CLONE_NEWUSER)');
  t.is(verdict('x86_64', 435), enosys, 'clone3');
  t.is(verdict('x86_64', 16, 0, 0x5412), eperm, 'TIOCSTI');
  t.is(verdict('x86_64', 16, 0, 0x5401), allow, 'TCGETS');
  t.is(verdict('x86_64', 41, 40), eperm, 'AF_VSOCK');
  t.is(verdict('x86_64', 41, 2), allow, 'AF_INET');
  t.is(verdict('aarch64', 220, 0x1000_0000), eperm, 'clone(CLONE_NEWUSER)');
});

test('another architecture kills, x32 is refused', (t) => {
  t.is(verdict('x86_64', 0, 0, 0, 0x4000_0003), 0x8000_0000);
  t.is(verdict('aarch64', 63, 0, 0, 0xc000_003e), 0x8000_0000);
  t.is(verdict('x86_64', 0x4000_0000), enosys);
});
