// The tests' own configuration, but that each worker ends as processes do: only then are its leaks looked for. Vitest would
// end it by a signal, and after half a second by one that cannot be caught. Used by run-tests.mts.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { mergeConfig } from "vitest/config";
import { ForksPoolWorker, type PoolOptions } from "vitest/node";
import base from "../../vitest.config.mts";

class UnhurriedWorker extends ForksPoolWorker {
  override async stop(): Promise<void> {
    const { fork } = this as unknown as { fork: ChildProcess };
    if (fork.exitCode === null && fork.signalCode === null) {
      if (fork.connected) fork.disconnect();
      await once(fork, "exit");
    }
    if (fork.signalCode !== null) throw new Error(`a worker was ended by ${fork.signalCode}`);
    await super.stop();
  }
}

export default mergeConfig(base, {
  test: {
    setupFiles: [join(import.meta.dirname, "exit-when-asked.ts")],
    testTimeout: 120_000,
    teardownTimeout: 120_000,
    pool: { name: "unhurried", createPoolWorker: (options: PoolOptions) => new UnhurriedWorker(options) },
  },
});
