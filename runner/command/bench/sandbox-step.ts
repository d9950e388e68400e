import { runProgram } from '../../host/process.ts';
import { openImage } from '../../image/open.ts';
import { imageTree } from '../../image/tree.ts';
import { sandboxBackend } from '../../vm/sandbox/backend.ts';
import { emptyStep, openGround } from './ground.ts';
import { type Contender, takeTurns, whyNot } from './measure.ts';
import { compared, type Section } from './section.ts';

/** An empty step at the sandbox level beside the bare tools, all on the same root file system. */
export async function sandboxStep(rounds: number): Promise<Section> {
  const image = await openImage('busybox');
  const tree = await imageTree(image);
  const ground = await openGround();
  const backend = sandboxBackend();
  const contenders: Contender[] = [
    { name: 'lightv, sandbox: boot, true, destroy', run: () => emptyStep(backend, ground.spec(image)) },
    { name: 'bwrap alone', run: () => quietly(bareBwrap(tree)) },
  ];
  const podman: Contender = { name: 'podman run of the same root', run: () => quietly(podmanRun(tree)) };
  try {
    const reason = await whyNot(podman);
    const able = reason === undefined ? [...contenders, podman] : contenders;
    const section = compared('An empty step, sandbox', await takeTurns(able, rounds));
    return reason === undefined
      ? section
      : { ...section, lines: [...section.lines, `${podman.name}: not measured: ${reason}`], incomplete: true };
  } finally {
    await ground.close();
  }
}

function bareBwrap(tree: string): readonly [string, ...string[]] {
  const root = ['--ro-bind', tree, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  return ['bwrap', '--unshare-all', '--die-with-parent', ...root, '/bin/true'];
}

/** The least podman can do: no network, no log. With runc, since podman's own choice refuses some hosts' cgroups. */
function podmanRun(tree: string): readonly [string, ...string[]] {
  const least = ['--runtime=runc', '--cgroup-manager=cgroupfs', 'run', '--rm', '--network=none', '--log-driver=none'];
  // Podman's own defaults are above what some hosts allow.
  const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=4096:4096'];
  return ['podman', ...least, ...limits, '--read-only', '--rootfs', tree, '/bin/true'];
}

async function quietly(argv: readonly [string, ...string[]]): Promise<void> {
  await runProgram(`run ${argv[0]}`, argv);
}
