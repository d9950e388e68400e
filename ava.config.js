export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Spawned machines die with the thread that spawned them, and tests send signals: processes, not threads.
  workerThreads: false,
  concurrency: 2,
  timeout: '3m',
};
