const { appendFileSync } = require('node:fs');

console.log('main');
console.log('::save-state name=one::by line');
console.log('::save-state name=both::line');
appendFileSync(process.env.GITHUB_STATE, 'two=by file\nboth=file\n');
