console.log('post fails');
process.exitCode = 1;
