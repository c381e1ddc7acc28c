// A setup file: a worker exits when Vitest disconnects, whatever a test has left open.
process.on("disconnect", () => process.exit());
