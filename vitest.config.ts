import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './test/support/slowest-first.ts';

export default defineConfig({
  test: {
    // Much of what tests wait for is the local cloud, which has a process of its own.
    maxWorkers: 3,
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{local,long}.test.ts'],
          setupFiles: ['test/support/no-network.ts'],
          // Files of one worker share what they import: it takes a third of the time away.
          isolate: false,
          // Ample: a busy machine is no failure.
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/**/*.local.test.ts'],
          globalSetup: ['test/support/local/local-cloud.ts'],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What takes minutes over HTTP and is held by quicker tests too: `npm run test:long`.
        test: {
          name: 'long',
          include: ['test/**/*.long.test.ts'],
          globalSetup: ['test/support/local/local-cloud.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
