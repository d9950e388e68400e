const { appendFileSync } = require('node:fs');

const { env } = process;
console.log(`main ${env.INPUT_WHO} ${env.INPUT_TWO_WORDS} ${env.GITHUB_ACTION_REPOSITORY}@${env.GITHUB_ACTION_REF}`);
appendFileSync(env.GITHUB_OUTPUT, `said=${env.INPUT_WHO}\n`);
appendFileSync(env.GITHUB_STATE, `who=${env.INPUT_WHO}\n`);
process.exitCode = Number(env.CODE ?? 0);
