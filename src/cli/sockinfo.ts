// The program: dist/cli/sockinfo.js, which package.json has as `bin`.
import process from "node:process";
import { processIo } from "./io";
import { main } from "./main";

// Not process.exit(), which would cut off output that is still being written.
void main(process.argv.slice(2), processIo()).then((code) => (process.exitCode = code));
