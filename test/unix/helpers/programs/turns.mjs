// Many contenders in one process. Each listens on the path whenever it can. While it listens, it checks that the file
// is its own, and that clients reach it. Ends after the given number of turns, and prints what went wrong.
import { randomUUID } from "node:crypto";
import { lstatSync } from "node:fs";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { listenUnix } from "sockinfo/unix";

const [, , path = "", contenders, turns] = process.argv;
let left = Number(turns);
/** @type {string[]} */
const wrongs = [];

async function takeTurn() {
  const name = randomUUID();
  const server = createServer((socket) => void socket.on("error", () => {}).end(name));
  const error = await listenUnix(server, path).then(
    () => undefined,
    (refusal) => refusal,
  );
  if (error) {
    if (error.code !== "EADDRINUSE") wrongs.push(error.message);
    return;
  }
  left -= 1;
  const { ino } = lstatSync(path);
  for (let look = 0; look < 3; look++) {
    const said = await text(connect({ path })).catch(({ code }) => code);
    if (said !== name) wrongs.push(`another answers: ${said}`);
    if (lstatSync(path, { throwIfNoEntry: false })?.ino !== ino) wrongs.push("another file is there");
  }
  server.close();
}

async function contend() {
  while (left > 0 && wrongs.length === 0) await takeTurn();
}

await Promise.all(Array.from({ length: Number(contenders) }, contend));
console.log(JSON.stringify({ left, wrongs }));
process.exit();
