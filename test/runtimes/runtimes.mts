// `npm run test:runtimes`: sockinfo on runtimes other than the one that built it. The whole test suite on each version
// of Node, single executables, Bun and Deno. With `-- 26` of the versions of Node only that one. Their binaries are
// packages of the project in this folder.
import { installLocked } from "../helpers/install-locked";
import { tryNodes } from "./nodes.mts";
import { tryOthers } from "./others.mts";
import { trySingleExecutables } from "./single-executables.mts";
import { NODES } from "./versions.mts";

const host = `${process.platform}-${process.arch}`;
if (host !== "linux-x64") {
  console.error(`test:runtimes needs linux-x64, for which the runtimes' binaries are packaged; this is ${host}`);
  process.exit(1);
}
const wanted = process.argv.slice(2);
const nodes = NODES.filter(({ major }) => wanted.length === 0 || wanted.includes(major));
if (wanted.length > nodes.length) {
  console.error(`test:runtimes has Node ${NODES.map(({ major }) => major).join(", ")}; this is ${wanted.join(", ")}`);
  process.exit(1);
}
installLocked(import.meta.dirname);
tryOthers();
trySingleExecutables(nodes);
tryNodes(nodes);
