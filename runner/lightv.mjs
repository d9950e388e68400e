#!/usr/bin/env node
import { existsSync } from 'node:fs';

const bundle = new URL('./dist/main.js', import.meta.url);
if (existsSync(bundle)) {
  await import(bundle.href);
} else {
  const folder = new URL('..', import.meta.url).pathname;
  process.stderr.write(
    `lightv: its bundle was not built (npm ran with --ignore-scripts?). Build it once with:\n\n    npm --prefix ${folder} run build\n`,
  );
  process.exitCode = 3;
}
