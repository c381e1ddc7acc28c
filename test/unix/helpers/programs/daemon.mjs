// A daemon: listens as its argument says, prints the outcome, and obeys the lines of stdin. Its clients get its pid.
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { getTcpInfoBatch } from "sockinfo";
import { listenUnix } from "sockinfo/unix";

/** @type {import("../processes").Settings} */
const { where, options, umask, as } = JSON.parse(process.argv[2] ?? "");

const server = createServer((socket) => void socket.on("error", () => {}).end(String(process.pid)));

/** @type {Record<string, () => void>} */
const commands = {
  close: () => server.close(() => print({ closed: true })),
  exit: () => process.exit(),
  throw: () => {
    throw new Error("on purpose");
  },
  drop: () => {
    become({ uid: 1234, gid: 2345 });
    print({ dropped: true });
  },
};

/** @param {object} report */
function print(report) {
  console.log(JSON.stringify(report));
}

/** @param {import("../processes").Identity} identity */
function become({ uid, gid, groups = [] }) {
  process.setgroups?.([...groups]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

// It ends when stdin ends.
createInterface(process.stdin)
  .on("line", (line) => commands[line]?.())
  .on("close", () => process.exit());

// Loads the native module, because the new user may not be allowed to read it.
getTcpInfoBatch([]);
if (umask !== undefined) process.umask(umask);
if (as) become(as);

const { pid } = process;
listenUnix(server, where, options).then(
  () => print({ pid, address: server.address() }),
  ({ code, syscall, message }) => print({ pid, code, syscall, message }),
);
