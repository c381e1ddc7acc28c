// Tries sockinfo on other runtimes than the one that built it: the whole test suite on each version of Node, single executables,
// Bun and Deno. Their binaries are packages of the project in this folder.
import { installLocked } from "../helpers/install-locked";
import { tryNodes } from "./nodes.mts";
import { tryOthers } from "./others.mts";
import { trySingleExecutables } from "./single-executables.mts";

const host = `${process.platform}-${process.arch}`;
if (host !== "linux-x64") {
  console.error(`test:runtimes needs linux-x64, for which the runtimes' binaries are packaged; this is ${host}`);
  process.exit(1);
}
installLocked(import.meta.dirname);
tryOthers();
trySingleExecutables();
tryNodes();
