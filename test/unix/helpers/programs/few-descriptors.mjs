// Tries to listen on the path with no free descriptor, with one, two, …, until it succeeds. Prints the outcome of
// each attempt, and the files in the folder then.
import { closeSync, openSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { isSupported } from "sockinfo";
import { listenUnix } from "sockinfo/unix";

isSupported();
// For the first stream of a process, libuv opens a descriptor that it keeps. That of standard output is one.
void process.stdout;
const [, , path = ""] = process.argv;

/** @returns {number[]} All descriptors that were free. */
function takeAll() {
  const taken = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    return taken;
  }
}

const server = createServer();
for (let free = 0; !server.listening; free++) {
  const taken = takeAll();
  for (const fd of taken.splice(0, free)) closeSync(fd);
  const { code, syscall } = await listenUnix(server, path).catch((error) => error);
  for (const fd of taken) closeSync(fd);
  const report = { free, code, syscall, names: readdirSync(dirname(path)), open: readdirSync("/proc/self/fd").length };
  console.log(JSON.stringify(report));
}
server.close();
