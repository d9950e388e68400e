/** The kernel's seccomp and BPF numbers: linux/seccomp.h, linux/bpf_common.h, linux/audit.h. */
const killProcess = 0x8000_0000;
const allow = 0x7fff_0000;
const errno = (number: number) => 0x0005_0000 | number;
const eperm = errno(1);
const enosys = errno(38);

const architectures = {
  x86_64: { audit: 0xc000_003e, column: 0 },
  aarch64: { audit: 0xc000_00b7, column: 1 },
} as const;

export type SeccompArch = keyof typeof architectures;

/** Numbers on x86_64 and aarch64; -1 where there is none. What a guest's root would need to work on the host's kernel. */
const refused: Readonly<Record<string, readonly [number, number]>> = {
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  unshare: [272, 97],
  setns: [308, 268],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  acct: [163, 89],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  kcmp: [312, 272],
  lookup_dcookie: [212, 18],
  vhangup: [153, 58],
  iopl: [172, -1],
  ioperm: [173, -1],
  modify_ldt: [154, -1],
  uselib: [134, -1],
  nfsservctl: [180, 42],
};

/** Refused for some values of an argument's low half: any bit of `bits`, or exactly one of `values`. */
const refusedWith: readonly {
  readonly call: readonly [number, number];
  readonly argument: number;
  readonly bits?: number;
  readonly values?: readonly number[];
}[] = [
  // clone: any new namespace. Its flags do not hold CLONE_NEWTIME, whose bit is a signal number there.
  { call: [56, 220], argument: 0, bits: 0x7e02_0000 },
  // ioctl: TIOCSTI and TIOCLINUX type into a terminal.
  { call: [16, 29], argument: 1, values: [0x5412, 0x541c] },
  // socket: AF_VSOCK reaches a hypervisor past all namespaces; AF_ALG and AF_KEY are kernel code nobody builds with.
  { call: [41, 198], argument: 0, values: [40, 38, 15] },
];

/** clone3 hides its flags in memory; told there is none, C libraries take clone. */
const clone3 = 435;

/**
 * A filter for `bwrap --seccomp`: the compiled BPF program. Everything is allowed but what the table names. ptrace is
 * allowed: it reaches only processes of the guest's own PID namespace, and debuggers and sanitizers need it.
 * Another architecture's calls (32-bit ones too) kill, x32's are refused.
 */
export function seccompProgram(arch: SeccompArch): Buffer {
  const { audit, column } = architectures[arch];
  const program = [
    ...[load(4), ...unless('equal', audit, killProcess)],
    load(0),
    ...(arch === 'x86_64' ? when('least', 0x4000_0000, enosys) : []),
    ...when('equal', clone3, enosys),
    ...Object.values(refused).flatMap((numbers) =>
      numbers[column] === -1 ? [] : when('equal', numbers[column] ?? -1, eperm),
    ),
    ...refusedWith.flatMap((one) => withArgument(one.call[column] ?? -1, one)),
    give(allow),
  ];
  return Buffer.concat(program);
}

const codes = { equal: 0x15, least: 0x35, bits: 0x45 } as const;

function instruction(code: number, yes: number, no: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(yes, 2);
  bytes.writeUInt8(no, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}

const load = (offset: number) => instruction(0x20, 0, 0, offset);
const give = (verdict: number) => instruction(0x06, 0, 0, verdict);
const when = (test: keyof typeof codes, value: number, verdict: number) => [
  instruction(codes[test], 0, 1, value),
  give(verdict),
];
const unless = (test: keyof typeof codes, value: number, verdict: number) => [
  instruction(codes[test], 1, 0, value),
  give(verdict),
];

function withArgument(
  call: number,
  one: { readonly argument: number; readonly bits?: number; readonly values?: readonly number[] },
): Buffer[] {
  const checks = [
    load(16 + 8 * one.argument),
    ...(one.bits === undefined ? [] : when('bits', one.bits, eperm)),
    ...(one.values ?? []).flatMap((value) => when('equal', value, eperm)),
    load(0),
  ];
  return [instruction(codes.equal, 0, checks.length, call), ...checks];
}
