import type { TestFn } from 'ava';
import type { MicroVm } from '../../runner/model/machine.ts';
import { isolated, named, unconnected } from './contract/apart.ts';
import { Bench, type Case, type ContractKind, type Lack, type OwnCase } from './contract/bench.ts';
import { commands } from './contract/commands.ts';
import { connections } from './contract/connections.ts';
import { forks, wholeDisk } from './contract/disks.ts';
import { bootGivenUp, destroyedUnderACommand, killedFromOutside } from './contract/ends.ts';
import { files } from './contract/files.ts';
import { boundedDisk, boundedMemoryAndProcesses } from './contract/limits.ts';
import { bound, inTheWay, otherImage, toolDisk } from './contract/mounts.ts';
import { otherUsers, unknownUser } from './contract/users.ts';

/** On one machine that all of these use: the words of a case, the case, and what a kind may lack for it. */
const onShared: readonly (readonly [string, Case, Lack?])[] = [
  ...Object.entries({ ...commands, ...files, ...connections }),
  ['commands and files of other users', otherUsers, 'users'],
  ['a user that is not there', unknownUser],
  ['its host name', named, 'hostname'],
  ['nothing of the host is seen', isolated, 'isolation'],
  ['network none has loopback alone', unconnected, 'network'],
];

/** Likewise, each on machines of its own. */
const onOwn: readonly (readonly [string, OwnCase, Lack?])[] = [
  ['memory and processes are bounded, and the machine can still be destroyed', boundedMemoryAndProcesses, 'limits'],
  ['a full disk is an error of the command', boundedDisk, 'disk-limit'],
  ['a disk goes from machine to machine, and forks do not see each other', forks],
  ['what is installed outside the workspace stays too', wholeDisk, 'whole-disk'],
  ['a tool is read-only and not of the disk', toolDisk],
  ['a folder is seen at a second path', bound],
  ['a step with another image finds the folders of the job and nothing else', otherImage, 'whole-disk'],
  ['links in the way of what is mounted are not followed', inTheWay, 'whole-disk'],
  ['killed from outside: the command is lost, with a reason', killedFromOutside, 'kill'],
  ['destroyed under a command, and more than once', destroyedUnderACommand],
  ['a boot given up leaves nothing', bootGivenUp],
];

/** Registers the suite under `kind.name`; every case but those the kind names a lack for. */
export function contractSuite(test: TestFn, kind: ContractKind): void {
  const bench = new Bench(kind);
  let machine: MicroVm | undefined;
  const at = () => {
    if (machine === undefined) {
      throw new Error('the machine did not boot');
    }
    return machine;
  };
  const register = (words: string, body: OwnCase, lack?: Lack) =>
    test.serial(`${kind.name}: ${words}`, async (t) => {
      const why = lack === undefined ? undefined : kind.lacks?.[lack];
      if (why === undefined) {
        await body(t, bench);
        return;
      }
      t.log(`left out, ${kind.name} lacks ${lack}: ${why}`);
      t.pass();
    });

  test.serial.before(`${kind.name}: boot`, async (t) => {
    t.log(kind.name, await kind.backend.probe());
    await bench.open();
    machine = await bench.boot();
  });
  test.after.always(`${kind.name}: end`, async () => {
    await machine?.destroy();
    await bench.close();
  });
  for (const [words, body, lack] of onShared) {
    register(words, (t) => body(t, at(), bench), lack);
  }
  for (const [words, body, lack] of onOwn) {
    register(words, body, lack);
  }
}
