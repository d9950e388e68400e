const { execFileSync } = require('node:child_process');

const again = execFileSync(process.execPath, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' });
console.log(`node ${again.trim()} at ${process.execPath}`);
