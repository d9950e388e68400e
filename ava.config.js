export default {
  files: ['test/**/*.test.ts'],
  extensions: { ts: 'module' },
  nodeArguments: ['--import=tsx'],
  // Spawned machines die with the thread that spawned them, and tests send signals: processes, not threads.
  workerThreads: false,
  concurrency: 2,
  // Some tests run tests as another user, who may write nothing here.
  cache: false,
  timeout: '3m',
};
