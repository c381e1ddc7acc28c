// A client that checks which user listens before it sends a request. Everyone who can write to the socket's folder
// could have put another socket there.
// @ts-check
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { text } from "node:stream/consumers";
import { getPeerCredentials } from "sockinfo";
import { lookUpUserId } from "sockinfo/unix";

const PATH = process.env["DAEMON_SOCKET"] ?? "/run/local-daemon/socket";
const USER = process.env["DAEMON_USER"] ?? "local-daemon";
const [method = "GET", url = "/who-am-i"] = process.argv.slice(2);

const socket = net.connect({ path: PATH });
await once(socket, "connect");

const { uid } = getPeerCredentials(socket);
const expected = await lookUpUserId(USER);
if (uid !== expected) {
  console.error(`nothing was sent: the daemon runs as uid ${uid}, not as ${USER}`);
  process.exit(1);
}

const request = http.request({ method, path: url, createConnection: () => socket }).end();
const [response] = await once(request, "response");
console.log(response.statusCode, (await text(response)).trim());
