// Runs first in each worker, by vitest.config.mts: once Vitest lets go of it, it ends, whatever a test has left open.
process.on("disconnect", () => process.exit());
