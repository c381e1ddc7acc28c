// The configuration of `npm test`, except that each worker exits by itself, because LeakSanitizer searches for leaks
// at exit. Vitest would end the worker with a signal.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { mergeConfig } from "vitest/config";
import { ForksPoolWorker, type PoolOptions } from "vitest/node";
import base from "../../vitest.config.mts";

class ExitingWorker extends ForksPoolWorker {
  override async stop(): Promise<void> {
    const { fork } = this as unknown as { fork: ChildProcess };
    if (fork.exitCode === null && fork.signalCode === null) {
      if (fork.connected) fork.disconnect();
      await once(fork, "exit");
    }
    if (fork.signalCode !== null) throw new Error(`${fork.signalCode} ended a worker before it could check for leaks`);
    await super.stop();
  }
}

export default mergeConfig(base, {
  test: {
    setupFiles: [join(import.meta.dirname, "exit-when-asked.ts")],
    testTimeout: 120_000,
    teardownTimeout: 120_000,
    pool: { name: "exiting", createPoolWorker: (options: PoolOptions) => new ExitingWorker(options) },
  },
});
