import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../runner/host/paths.ts';
import { machineTest } from '../machines.ts';
import { home, logOf, pipeline, run, told } from './lightv.ts';

machineTest('sandbox', "steps of two images share the job's files, and no image's system files", async (t) => {
  const folder = home(t);
  cpSync(join(packageRoot(), 'test/vm/contract/other-image'), join(folder, 'other'), { recursive: true });
  const file = pipeline(
    folder,
    `
two:
  steps:
    - id: first
      run: |
        echo job > file; echo home > ~/kept; echo tmp > /tmp/kept
        mkdir -p /opt; echo system > /opt/system; echo mine > /etc/other
    - id: second
      image: ./other
      run: |
        cat file ~/kept /tmp/kept /etc/other
        test -e /opt/system || echo none
        echo theirs > /opt-of-second
    - id: third
      run: |
        cat /opt/system /etc/other
        test -e /opt-of-second || echo none
`,
  );
  const end = await run(t, folder, file);
  t.is(end.code, 0, told(end));
  t.is(logOf(end.events, 'two', 'second'), 'job\nhome\ntmp\nother\nnone');
  t.is(logOf(end.events, 'two', 'third'), 'system\nmine\nnone');
});
