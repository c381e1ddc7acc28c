// `npm run test:runtimes`: runs all tests on each version of Node, and tests single executables, Bun and Deno. With
// `-- 26` it only runs the tests on that version of Node. The binaries of the runtimes are packages of this folder's
// package.json.
import { join } from "node:path";
import { installLocked } from "../helpers/install-locked";
import { tryNodes } from "./nodes.mts";
import { tryOthers } from "./others.mts";
import { trySingleExecutables } from "./single-executables.mts";
import { NODES } from "./versions.mts";

const host = `${process.platform}-${process.arch}`;
if (host !== "linux-x64") {
  console.error(
    `test:runtimes needs linux-x64, because package.json has the runtimes for linux-x64 only. This machine is ${host}`,
  );
  process.exit(1);
}
const wanted = process.argv.slice(2);
const nodes = NODES.filter(({ major }) => wanted.length === 0 || wanted.includes(major));
if (wanted.length > nodes.length) {
  console.error(`test:runtimes has Node ${NODES.map(({ major }) => major).join(", ")}; this is ${wanted.join(", ")}`);
  process.exit(1);
}
installLocked(import.meta.dirname);
installLocked(join(import.meta.dirname, "../opentelemetry/newer/packages"));
if (wanted.length === 0) {
  tryOthers();
  trySingleExecutables(nodes);
}
tryNodes(nodes);
