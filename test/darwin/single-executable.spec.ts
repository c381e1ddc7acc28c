// The recipe of docs/loading.md for macOS, with a real Node for macOS and the real postject. LLVM reads the result.
// Only codesign is replaced: the stand-in records its arguments, and whether the program had the script by then.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { titledSnippet } from "../helpers/docs";
import { NODES, packages } from "./sdk.mts";

const OBJDUMP = "llvm-objdump-19";

test(
  "the script is in the segment in which Node looks, and the program is signed after that",
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-sea-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const bin = join(folder, "bin");
    for (const made of [bin, join(folder, "dist"), join(folder, "node_modules/sockinfo/prebuilds")])
      mkdirSync(made, { recursive: true });
    writeFileSync(join(folder, "server.blob"), "the script, as node --experimental-sea-config writes it");
    symlinkSync(join(NODES.at(-1) as string, "bin/node"), join(bin, "node"));
    program(
      join(bin, "codesign"),
      `${OBJDUMP} --macho --section-headers dist/server | grep -q NODE_SEA_BLOB && state=with || state=without
    echo "$* $state the script" >>calls`,
    );
    // Not with the `node` on the PATH, which is for another system here.
    program(join(bin, "postject"), `exec '${process.execPath}' '${join(packages, "postject/dist/cli.js")}' "$@"`);

    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
    const recipe = titledSnippet("docs/loading.md", "postject-macos.sh");
    execFileSync("sh", ["-ec", recipe], { cwd: folder, env, stdio: "pipe" });

    const server = join(folder, "dist/server");
    const headers = execFileSync(OBJDUMP, ["--macho", "--private-headers", server], { encoding: "utf8" });
    expect(headers).toMatch(/sectname __NODE_SEA_BLOB\s+segname NODE_SEA\n/);
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe(
      "--remove-signature dist/server without the script\n--sign - dist/server with the script\n",
    );
  },
);

function program(file: string, script: string): void {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
