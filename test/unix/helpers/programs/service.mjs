// A service: prints the results of getUnixListeners() and of getUnixListener(name), for each name of its argument. On
// the line "serve" it serves all listeners, and clients get the listener's name and their own credentials. On "close"
// it closes.
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { getPeerCredentials, isSupported } from "sockinfo";
import { listenUnix, getUnixListener, getUnixListeners } from "sockinfo/unix";

/** @type {import("../activation").Task} */
const { names, as } = JSON.parse(process.argv[2] ?? "");

/** @type {import("node:net").Server[]} */
const servers = [];

/** @type {Record<string, () => unknown>} */
const commands = {
  serve: async () => {
    if (as) become(as);
    for (const listener of getUnixListeners()) {
      const answer = (/** @type {import("node:net").Socket} */ socket) =>
        void socket.end(JSON.stringify({ name: listener.name, peer: getPeerCredentials(socket) }));
      servers.push(await listenUnix(createServer(answer), listener));
    }
    print({ addresses: servers.map((server) => server.address()) });
  },
  close: () => {
    for (const server of servers) server.close();
    print({ closed: true });
  },
};

/** @param {import("../processes").Identity} identity */
function become({ uid, gid }) {
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** @param {() => unknown} question */
function answerTo(question) {
  try {
    return question() ?? null;
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { code, message };
  }
}

/** @param {object} report */
function print(report) {
  console.log(JSON.stringify(report));
}

createInterface(process.stdin)
  .on("line", (line) => commands[line]?.())
  .on("close", () => process.exit());

// Loads the native module, because the user that it becomes may not be allowed to read it.
isSupported();
const answers = names.map((name) => answerTo(() => getUnixListener(name ?? undefined)));
print({ pid: process.pid, all: answerTo(getUnixListeners), answers });
