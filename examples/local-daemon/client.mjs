// Asks the daemon, but not before it has seen who that is: whoever may write to the folder of a socket can put another one there.
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
  console.error(`the daemon runs as user ${uid}, and not as ${USER}: nothing is sent`);
  process.exit(1);
}

const request = http.request({ method, path: url, createConnection: () => socket }).end();
const [response] = await once(request, "response");
console.log(response.statusCode, (await text(response)).trim());
