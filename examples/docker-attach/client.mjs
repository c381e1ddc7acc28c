// Attaches stdin, stdout and stderr to the process of server.mjs, or to a Docker container that has no terminal:
// node client.mjs /var/run/docker.sock <container>
// @ts-check
import { once } from "node:events";
import { request } from "node:http";
import { hijackClientRequest } from "sockinfo/hijack";
import { STDERR, unframe } from "./frames.mjs";

const [socketPath, container = "demo"] = process.argv.slice(2);
attach().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

async function attach() {
  const attaching = request({
    socketPath,
    method: "POST",
    path: `/containers/${container}/attach?stream=1&stdin=1&stdout=1&stderr=1`,
    headers: { connection: "Upgrade", upgrade: "tcp" },
  });
  attaching.end();

  // Servers and proxies that don't upgrade answer 200 instead of 101. The connection is ours in both cases.
  const { response, socket, head } = await hijackClientRequest(attaching);
  if (response.statusCode !== 101 && response.statusCode !== 200) {
    throw new Error(`the server answered ${response.statusCode}`);
  }
  // The loop below throws the same error.
  socket.on("error", () => {});
  socket.unshift(head);
  process.stdin.pipe(socket);
  for await (const [output, data] of unframe(socket)) {
    const stream = output === STDERR ? process.stderr : process.stdout;
    if (!stream.write(data)) await once(stream, "drain");
  }
  // Otherwise an open stdin keeps this program alive when the process has ended.
  process.stdin.destroy();
}
