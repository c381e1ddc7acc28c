// Compiles test/helpers/network-path.cc for the tests of a file, and runs scripts over it in a network namespace of
// their own.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, onTestFinished } from "vitest";

const folder = join(import.meta.dirname, "..");
const source = join(folder, "..", "helpers", "network-path.cc");

/**
 * Returns a function that runs `script` with the program's path and `parameters`, and parses the JSON that it prints.
 */
export function overNetworkPath<Report>(script: string): (...parameters: string[]) => Promise<Report> {
  let program = "";
  beforeAll(() => {
    const built = mkdtempSync(join(tmpdir(), "sockinfo-path-"));
    program = join(built, "network-path");
    execFileSync("c++", ["-std=c++17", "-O1", "-o", program, source]);
    return () => rmSync(built, { recursive: true });
  }, 60_000);
  return async (...parameters) => {
    const child = spawn("unshare", ["--net", process.execPath, join(folder, script), program, ...parameters], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill());
    return JSON.parse(await text(child.stdout)) as Report;
  };
}
