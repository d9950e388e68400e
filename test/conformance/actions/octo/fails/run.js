const { appendFileSync } = require('node:fs');

const at = process.env.STATE_at ?? 'pre';
console.log(at);
appendFileSync(process.env.GITHUB_STATE, `at=${at === 'pre' ? 'main' : 'post'}\n`);
process.exitCode = process.env.INPUT_IN === at ? 3 : 0;
