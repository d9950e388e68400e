import test from 'ava';
import { filterPattern, matchesFilters } from '../../runner/workflow/filter-pattern.ts';

/** The examples of GitHub's documentation: a pattern, names it means, names it does not. */
const examples: readonly (readonly [pattern: string, meant: readonly string[], not: readonly string[]])[] = [
  ['feature/*', ['feature/my-branch', 'feature/your-branch'], ['feature/a/b', 'feature']],
  ['feature/**', ['feature/beta-a/my-branch', 'feature/your-branch'], ['features/x']],
  ['*', ['main', 'releases'], ['all/the']],
  ['**', ['all/the/branches', 'every/tag'], []],
  ['*feature', ['mona-feature', 'feature', 'ver-10-feature'], ['mona/feature']],
  ['v2*', ['v2', 'v2.0', 'v2.9'], ['v1', 'v2/x']],
  ['v[12].[0-9]+.[0-9]+', ['v1.10.1', 'v2.0.0'], ['v3.0.0', 'v1x0x1']],
  ['*.jsx?', ['page.js', 'page.jsx'], ['page.jsxx', 'a/page.js']],
  ['**.js', ['index.js', 'js/index.js', 'src/js/app.js'], ['index.ts']],
  ['docs/*', ['docs/README.md'], ['docs/mona/octocat.txt']],
  ['docs/**/*.md', ['docs/README.md', 'docs/mona/hello-world.md', 'docs/a/markdown/file.md'], ['doc.md']],
  ['**/docs/**', ['docs/hello.md', 'dir/docs/my-file.txt', 'space/docs/plan/space.doc'], ['adocs/x']],
  ['**/*src/**', ['a/src/app.js', 'my-src/code/js/app.js'], ['src']],
  ['**/*-post.md', ['my-post.md', 'path/their-post.md'], ['post.md']],
  ['a.b', ['a.b'], ['axb']],
  ['a\\*', ['a*'], ['ab']],
];

for (const [pattern, meant, not] of examples) {
  test(`the pattern ${pattern}`, (t) => {
    for (const name of meant) {
      t.true(filterPattern(pattern).test(name), name);
    }
    for (const name of not) {
      t.false(filterPattern(pattern).test(name), name);
    }
  });
}

test('the last pattern that says something decides', (t) => {
  t.true(matchesFilters(['releases/**', '!releases/**-alpha'], 'releases/10'));
  t.false(matchesFilters(['releases/**', '!releases/**-alpha'], 'releases/10-alpha'));
  t.true(matchesFilters(['*.md', '!README.md', 'README*'], 'README.md'));
  t.false(matchesFilters(['!x'], 'y'));
});
