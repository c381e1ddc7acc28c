// What some tests need of the machine. Missing, they are skipped; with SOCKINFO_TEST_ALL=1, as in .ci/run, that is an error.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where those of this Node would be. */
export const nodeHeaders: string = join(dirname(dirname(process.execPath)), "include/node");

const PRESENT = {
  linux: () => process.platform === "linux",
  root: () => process.platform === "linux" && process.getuid?.() === 0,
  ss: () => runs("ss", "-V"),
  curl: () => runs("curl", "--version"),
  openssl: () => runs("openssl", "version"),
  setpriv: () => runs("setpriv", "--version"),
  unshare: () => runs("unshare", "--fork", "--pid", "true"),
  compiler: () => runs("c++", "--version"),
  headers: () => existsSync(join(nodeHeaders, "node_api.h")),
  readelf: () => runs("readelf", "--version"),
  btf: () => existsSync("/sys/kernel/btf/vmlinux"),
};

function runs(command: string, ...parameters: string[]): boolean {
  return spawnSync(command, parameters).status === 0;
}

/** For `describe.skipIf(lacks("root", "setpriv"))`. */
export function lacks(...needs: (keyof typeof PRESENT)[]): boolean {
  const missing = needs.filter((need) => !PRESENT[need]());
  if (missing.length > 0 && process.env["SOCKINFO_TEST_ALL"] === "1")
    throw new Error(`missing here: ${missing.join(", ")}`);
  return missing.length > 0;
}
