const { appendFileSync } = require('node:fs');

console.log(`${process.env.INPUT_NOW} ${process.env.SET ?? 'unset'} ${process.env.STATE_kept ?? 'none'}`);
appendFileSync(process.env.GITHUB_STATE, `kept=${process.env.INPUT_NOW}\n`);
appendFileSync(process.env.GITHUB_ENV, 'FROM_LATE=yes\n');
