const { appendFileSync } = require('node:fs');

const seen = Number(process.env.STATE_seen ?? 0) + 1;
console.log(`run ${seen} of ${process.env.INPUT_N}`);
appendFileSync(process.env.GITHUB_STATE, `seen=${seen}\n`);
