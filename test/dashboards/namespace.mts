// Runs a script of this folder in a network namespace of its own, over paths that a program makes.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { makeCertificate } from "../helpers/certificate";

const source = join(import.meta.dirname, "..", "helpers", "network-path.cc");

/** Resolves to the JSON that the script prints. */
export async function runInNamespace(script: string): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-prometheus-"));
  const { key, cert } = makeCertificate();
  writeFileSync(join(folder, "key.pem"), key);
  writeFileSync(join(folder, "cert.pem"), cert);
  const program = join(folder, "network-path");
  execFileSync("c++", ["-std=c++17", "-O1", "-o", program, source]);
  // The end of the init process ends all others, whatever happens.
  const namespaces = ["--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const command = [process.execPath, join(import.meta.dirname, script), program, folder];
  const child = spawn("unshare", [...namespaces, ...command], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    return JSON.parse(await text(child.stdout));
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}
