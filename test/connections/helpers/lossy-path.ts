// Compiles lossy-path.cc for the tests of a file, and runs scripts over it in a network namespace of their own.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, onTestFinished } from "vitest";

const folder = join(import.meta.dirname, "..");

/**
 * Returns a function that runs `script` with the program's path and `parameters`, and parses the JSON that it prints.
 */
export function overLossyPath<Report>(script: string): (...parameters: string[]) => Promise<Report> {
  let program = "";
  beforeAll(() => {
    const built = mkdtempSync(join(tmpdir(), "sockinfo-path-"));
    program = join(built, "lossy-path");
    execFileSync("c++", ["-std=c++17", "-O1", "-o", program, join(folder, "lossy-path.cc")]);
    return () => rmSync(built, { recursive: true });
  });
  return async (...parameters) => {
    const child = spawn("unshare", ["--net", process.execPath, join(folder, script), program, ...parameters], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill());
    return JSON.parse(await text(child.stdout)) as Report;
  };
}
