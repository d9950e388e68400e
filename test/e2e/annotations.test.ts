import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { machineTest } from '../machines.ts';
import { home, lightv } from './lightv.ts';

const matcher = {
  problemMatcher: [
    { owner: 'm', pattern: [{ regexp: '^(\\S+):(\\d+):(\\d+): (.*)$', file: 1, line: 2, column: 3, message: 4 }] },
  ],
};

machineTest('sandbox', 'annotations show the source line; nothing shows a file that no checkout brings', async (t) => {
  const folder = home(t);
  const top = join(folder, 'proj');
  mkdirSync(join(top, '.github/workflows'), { recursive: true });
  mkdirSync(join(top, 'src'));
  writeFileSync(join(top, 'src/a.c'), 'int main() {\n\treturn oops;\n}\n');
  writeFileSync(join(top, '.gitignore'), 'private\n');
  writeFileSync(join(top, 'private'), 'a private line\n');
  writeFileSync(join(folder, 'outside'), 'a line outside\n');
  symlinkSync(join(folder, 'outside'), join(top, 'link'));
  writeFileSync(join(top, 'matcher.json'), JSON.stringify(matcher));
  const file = join(top, '.github/workflows/w.yml');
  writeFileSync(
    file,
    `on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo "::add-matcher::matcher.json"
          echo "::error file=src/a.c,line=2,col=9::no such name"
          echo "$PWD/src/a.c:1:5: main is old"
          for path in private .git/config ../outside "$PWD/../../../../../../outside" ${join(folder, 'outside')} link nothing; do
            echo "::warning file=$path,line=1::look"
          done
          echo "| a | b |" >>$GITHUB_STEP_SUMMARY; echo "|-|-|" >>$GITHUB_STEP_SUMMARY; echo "| **long one** | 2 |" >>$GITHUB_STEP_SUMMARY
`,
  );
  execFileSync('git', ['init', '-q'], { cwd: top });
  const args = ['run', file, '--isolation', 'sandbox', '-P', 'ubuntu-latest=busybox'];
  const { code, stdout, stderr } = await lightv(t, folder, args, { cwd: top });
  t.is(code, 0, stdout + stderr);
  t.true(stdout.includes('a | error: src/a.c:2:9: no such name\na |       return oops;\na |              ^\n'), stdout);
  t.true(stdout.includes('a | error: src/a.c:1:5: main is old\na |   int main() {\na |       ^\n'), stdout);
  t.is(stdout.match(/warning: \S+: look/g)?.length, 7);
  t.notRegex(stdout, /a private line|a line outside|repositoryformatversion/);
  t.true(stdout.includes('a | a         b\na | ────────  ─\na | long one  2\n'), stdout);
});
