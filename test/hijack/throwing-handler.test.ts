// A handler throws after hijack(): as in Go, the owner has the connection. The error becomes an uncaughtException.
import { describe, expect, test } from "vitest";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";

/** Runs `handler` for one request in a process of its own. Returns its reports, and what the client has received. */
function run(handler: string, sent = "GET / HTTP/1.1\r\nHost: a\r\n\r\nhead"): unknown {
  const { stdout, stderr } = runNode(`
    const { enableHijack, hijack } = require(${JSON.stringify(`${root}/dist/hijack/index.js`)});
    const seen = [];
    process.on("uncaughtException", ({ message }) => seen.push("uncaught " + message));
    process.on("unhandledRejection", ({ message }) => seen.push("unhandled " + message));
    const own = ({ socket, head }) => {
      seen.push("taken " + head);
      socket.end("bye");
    };
    const server = require("node:http").createServer((req, res) => {
      if (req.url === "/next") return res.end("next");
      return (${handler})(req, res);
    });
    enableHijack(server);
    server.listen(0, "127.0.0.1", () => {
      const own = Object.getOwnPropertyNames(server).join();
      const { port } = server.address();
      const socket = require("node:net").connect(port, "127.0.0.1");
      let received = "";
      socket.on("data", (data) => (received += data)).on("error", () => {}).on("close", async () => {
        const next = await (await fetch("http://127.0.0.1:" + port + "/next")).text();
        const isSame = own === Object.getOwnPropertyNames(server).join();
        console.log(JSON.stringify({ seen: seen.toSorted(), received, next, isSame }));
        server.close().closeAllConnections();
      });
      socket.write(${JSON.stringify(sent)});
      setTimeout(() => socket.end(), 1000).unref();
    });
  `);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const SERVES_ON = { next: "next", isSame: true };

describe("the owner has the connection", () => {
  test("early, a synchronous throw", () => {
    const report = run(`(req, res) => {
      hijack(req, res).then(own);
      throw new Error("intended");
    }`);
    expect(report).toEqual({ seen: ["taken head", "uncaught intended"], received: "bye", ...SERVES_ON });
  });

  test("early, a synchronous throw, with a body", () => {
    const report = run(
      `(req, res) => {
        hijack(req, res).then(own);
        throw new Error("intended");
      }`,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyhead",
    );
    expect(report).toEqual({ seen: ["taken bodyhead", "uncaught intended"], received: "bye", ...SERVES_ON });
  });

  test("early, an async handler that throws", () => {
    const report = run(`async (req, res) => {
      hijack(req, res).then(own);
      throw new Error("intended");
    }`);
    expect(report).toEqual({ seen: ["taken head", "unhandled intended"], received: "bye", ...SERVES_ON });
  });

  test("late, a throw right after the call", () => {
    const report = run(
      `(req, res) => void setImmediate(() => {
        hijack(req, res).then(own);
        throw new Error("intended");
      })`,
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    expect(report).toEqual({ seen: ["taken ", "uncaught intended"], received: "bye", ...SERVES_ON });
  });
});

test("a throw after a refused call is like any throw in a handler", () => {
  const throwing = (call: string) => `(req, res) => {
    res.writeHead(200, { "Content-Length": 2, Connection: "close", Date: "now" }).end("ok");
    ${call}
    throw new Error("intended");
  }`;
  const refused = run(throwing("hijack(req, res).catch(() => {});"));
  expect(refused).toEqual(run(throwing("")));
  expect(refused).toMatchObject({ seen: expect.arrayContaining(["uncaught intended"]) as unknown });
});
