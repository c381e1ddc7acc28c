// Runs the bundled tests below the current folder with Vitest's own collector, hooks and matchers, but without Vite,
// whose native parts exist for few architectures. Reports on standard output in the form of ../report.mts.
import { once } from "node:events";
import { readdirSync, writeSync } from "node:fs";
import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { endianness, release } from "node:os";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startTests, type File, type Suite, type Test, type VitestRunner } from "@vitest/runner";
import { getTcpInfoBytes } from "sockinfo";
import { expect } from "vitest";
import { formatLine, type GuestFacts, type Line } from "../report.mts";

let results = 0;

/** Writes synchronously, so that after a crash the console has all earlier lines. */
function report(line: Line): void {
  if (line.type === "passed" || line.type === "skipped" || line.type === "failed") results++;
  writeSync(1, formatLine(line));
}

const NO_ASSERTIONS_EXPECTED = {
  assertionCalls: 0,
  isExpectingAssertions: false,
  isExpectingAssertionsError: null,
  expectedAssertionsNumber: null,
  expectedAssertionsNumberErrorGen: null,
};

const runner: VitestRunner = {
  config: {
    root: process.cwd(),
    name: undefined,
    setupFiles: [],
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (path) => import(pathToFileURL(path).href),
  onBeforeRunTask: (test) => report({ type: "started", test: nameOf(test) }),
  onBeforeTryTask: () => expect.setState(NO_ASSERTIONS_EXPECTED),
  onAfterTryTask: () => {
    const { assertionCalls, expectedAssertionsNumber, expectedAssertionsNumberErrorGen } = expect.getState();
    if (expectedAssertionsNumber !== null && assertionCalls !== expectedAssertionsNumber)
      throw expectedAssertionsNumberErrorGen?.();
  },
  onAfterRunTask: reportEnd,
};

function nameOf(task: Test | Suite | File): string {
  if ("filepath" in task) return task.name;
  return [nameOf(task.suite ?? task.file), task.name].join(" > ");
}

function reportEnd(task: Test | Suite | File): void {
  const { state, errors = [] } = task.result ?? {};
  const test = nameOf(task);
  // Skipped tests have no result. A test that neither passed nor was skipped has failed.
  if (task.mode !== "run" && task.mode !== "queued") report({ type: "skipped", test });
  else if (state === "pass") report({ type: "passed", test });
  else
    report({
      type: "failed",
      test,
      errors: errors.flatMap(({ message, stack, diff }) => [stack ?? message, diff ?? []].flat()),
    });
}

async function facts(): Promise<GuestFacts> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  const tcpInfoBytes = getTcpInfoBytes(accepted).length;
  for (const socket of [client, accepted]) socket.destroy();
  server.close();
  return { release: release(), arch: process.arch, endianness: endianness(), node: process.version, tcpInfoBytes };
}

/** Suites and files can have errors, too: from hooks, or if a file could not be loaded. */
function reportSuite(suite: Suite | File): void {
  if ((suite.result?.errors ?? []).length > 0) reportEnd(suite);
  for (const task of suite.tasks) {
    if (task.type === "suite") reportSuite(task);
    else if (task.mode === "skip") reportEnd(task);
  }
}

process.on("uncaughtException", (error) =>
  report({ type: "failed", test: "outside of a test", errors: [error.stack ?? String(error)] }),
);

report({ type: "facts", facts: await facts() });
const tests = readdirSync("test", { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".test.ts.mjs"),
);
const paths = tests.toSorted().map((path) => resolve("test", path));
for (const file of await startTests(paths, runner)) reportSuite(file);
report({ type: "finished", results });
process.exit();
