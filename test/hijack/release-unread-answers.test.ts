// A client sends requests without end and reads no answer. After release(), the server must stop reading as Node
// alone does.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf } from "../helpers/servers";

const REQUESTS = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500);
const BODY = "x".repeat(8192);
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** The number of requests until the server stops reading, and the bytes that it then has to send. */
async function flood(listener: RequestListener, prepare: (server: Server) => void): Promise<[number, number]> {
  let requests = 0;
  let unsentBytes = 0;
  const server = createServer((request, response) => {
    requests += 1;
    unsentBytes = request.socket.writableLength;
    listener(request, response);
  });
  prepare(server);
  await listen(server);
  const client = connect(portOf(server));
  onTestFinished(() => void client.destroy());
  client.on("error", () => {}).pause();
  await once(client, "connect");
  // Goes on until the server takes no more requests in many turns. One long wait would be over after a single stall of
  // the machine.
  for (let idleTurns = 0; idleTurns < 30;) {
    const before = requests;
    while (client.writableLength === 0 && client.write(REQUESTS));
    await sleep(5);
    idleTurns = requests === before ? idleTurns + 1 : 0;
  }
  return [requests, unsentBytes];
}

const byHand: RequestListener = async (request, response) => {
  try {
    const { socket, head } = await hijack(request, response);
    socket.write(ANSWER);
    release(socket, head);
  } catch {
    request.socket.destroy();
  }
};

test("no more requests than a plain server takes, and no more bytes in memory", async () => {
  const [plainRequests, plainBytes] = await flood(
    (_, response) => response.end(BODY),
    () => {},
  );
  const [requests, bytes] = await flood(byHand, enableHijack);
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThan(2 * plainRequests + 10);
  expect(bytes).toBeLessThan(plainBytes + 10 * ANSWER.length);
});

test("a client that reads later gets every answer", async () => {
  const server = createServer(byHand);
  enableHijack(server);
  await listen(server);
  const client = connect(portOf(server));
  onTestFinished(() => void client.destroy());
  client.on("error", () => {}).pause();
  client.write(REQUESTS);
  await sleep(200);
  let received = 0;
  client.on("data", (data: Buffer) => (received += data.length)).resume();
  while (received < 500 * ANSWER.length) await once(client, "data");
  expect(received).toBe(500 * ANSWER.length);
});
