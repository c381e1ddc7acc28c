// Calls the methods of server.mjs. A client doesn't need sockinfo for CONNECT, because Node has an event for it.
// @ts-check
import { once } from "node:events";
import { request } from "node:http";
import { linesOf, toLine } from "./lines.mjs";

// Whatever goes wrong, and whatever the server sends, this program ends with a message.
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const [host, port] = (process.argv[2] ?? "localhost:3000").split(":");
const connecting = request({ host, port, method: "CONNECT", path: "/rpc" });
const [response, socket, head] = await once(connecting.end(), "connect");
if (response.statusCode !== 200) throw new Error(`the server answered ${response.statusCode}`);
socket.unshift(head);

/** The calls, by id. @type {Map<number, { resolve: (result: unknown) => void, reject: (error: Error) => void }>} */
const calls = new Map();

const reading = readAnswers().finally(() => socket.destroy());
console.log("2 + 3 =", await call("add", 2, 3));
// Both calls are in flight at the same time.
console.log(await Promise.all([call("countTo", 3), call("add", "a", "b")]));
await call("subtract", 3, 2).catch((error) => console.log(error.message));
socket.end();
await reading;

/** @param {string} method @param {unknown[]} params */
function call(method, ...params) {
  const id = calls.size + 1;
  return new Promise((resolve, reject) => {
    calls.set(id, { resolve, reject });
    socket.write(toLine({ id, method, params }));
  });
}

async function readAnswers() {
  for await (const line of linesOf(socket)) {
    const { id, method, params, result, error } = JSON.parse(line);
    if (method) console.log(method, ...params);
    else if (error) calls.get(id)?.reject(new Error(error.message));
    else calls.get(id)?.resolve(result);
  }
  for (const { reject } of calls.values()) reject(new Error("the server ended the connection"));
}
