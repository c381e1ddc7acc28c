// The tests of the tarball, run by run.mts. Not part of `npm test`: they start package managers and other test runners.
import { defineConfig } from "vitest/config";

declare module "vitest" {
  export interface ProvidedContext {
    /** npm's own JavaScript file: that which runs us. */
    npm: string;
    tarball: string;
    /** A folder for everything that the tests write. */
    work: string;
  }
}

export default defineConfig({
  root: import.meta.dirname,
  test: { include: ["*/*.test.ts"], reporters: "verbose", maxWorkers: 2, testTimeout: 120_000, hookTimeout: 120_000 },
});
