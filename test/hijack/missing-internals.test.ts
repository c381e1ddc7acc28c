// On a Node with other internals, enableHijack() says what is missing and does not change the server. Each change is
// made in a process of its own, before sockinfo is loaded, and Node's own server still works.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";

const hijackEntry = join(root, "dist/hijack/index.js");

/** Code that each script may use: llhttp's class, and checks of the caller. */
const PREPARE = `
  const http = require("node:http");
  const { Duplex, Readable } = require("node:stream");
  const serverOn = http.Server.prototype.on;
  const probe = http.createServer();
  const stream = new Duplex({ read() {}, write() {} });
  probe.emit("connection", stream);
  const HTTPParser = stream.parser.constructor;
  stream.destroy();
  const isCalledBy = (place) => new Error().stack.split("\\n").slice(3).some((line) => line.includes(place));
  const isNode = () => /\\(?node:/.test(new Error().stack.split("\\n")[3]);
`;

const changes: Record<string, readonly [script: string, message: RegExp]> = {
  "the parser has no onIncoming": [
    `Object.defineProperty(HTTPParser.prototype, "onIncoming", {
      get() { return isNode() ? this.renamed : undefined },
      set(value) { this.renamed = value },
    });`,
    /socket\.parser\.onIncoming$/,
  ],
  "the socket has no parser": [
    `Object.defineProperty(Duplex.prototype, "parser", {
      get() { return isNode() ? this.renamed : undefined },
      set(value) { this.renamed = value },
    });`,
    /socket\.parser\.onIncoming$/,
  ],
  "the socket does not show whose turn it is": [
    `Object.defineProperty(Duplex.prototype, "_httpMessage", {
      get() { return isNode() ? this.renamed : undefined },
      set(value) { this.renamed = value },
    });`,
    /socket\._httpMessage$/,
  ],
  "a response can't be taken off its socket": [
    `const { detachSocket } = http.ServerResponse.prototype;
    http.ServerResponse.prototype.detachSocket = function (socket) {
      if (isNode()) detachSocket.call(this, socket);
    };`,
    /response\.detachSocket\(\)$/,
  ],
  "the listener for data has another name": [
    `const { on } = Readable.prototype;
    Readable.prototype.on = function (event, listener) {
      if (event === "data") Object.defineProperty(listener, "name", { value: "onData" });
      return on.call(this, event, listener);
    };`,
    /the listener of its HTTP server for data$/,
  ],
  "the parser does not say that a message is complete": [
    `const { finish } = HTTPParser.prototype;
    HTTPParser.prototype.finish = function () {
      return isNode() ? finish.call(this) : new Error("HPE_INVALID_EOF_STATE");
    };`,
    /parser\.finish\(\), which shows that a message is complete$/,
  ],
  "the parser does not say that a message has begun": [
    `const { finish } = HTTPParser.prototype;
    HTTPParser.prototype.finish = function () {
      if (isNode()) return finish.call(this);
    };`,
    /parser\.finish\(\), which shows that a message has begun$/,
  ],
  "the parser does not go on after that check": [
    `const { finish, execute } = HTTPParser.prototype;
    HTTPParser.prototype.finish = function () {
      this.wasAsked = !isNode();
      return finish.call(this);
    };
    HTTPParser.prototype.execute = function (data) {
      return this.wasAsked && data.length > 0 ? data.length : execute.call(this, data);
    };`,
    /parser\.finish\(\), which shows that a message has begun$/,
  ],
  "the parser does not show its request": [
    `Object.defineProperty(HTTPParser.prototype, "incoming", {
      get() { return isNode() ? this.renamed : undefined },
      set(value) { this.renamed = value },
    });`,
    /parser\.incoming$/,
  ],
  "the listener for connections has another name": [
    `http.Server.prototype.on = function (event, listener) {
      if (event === "connection") Object.defineProperty(listener, "name", { value: "onConnection" });
      return serverOn.call(this, event, listener);
    };`,
    /socket\.parser\.onIncoming$/,
  ],
  "the listener for connections makes the parser later": [
    `http.Server.prototype.on = function (event, listener) {
      if (event !== "connection" || listener.name !== "connectionListener")
        return serverOn.call(this, event, listener);
      return serverOn.call(this, event, function connectionListener(socket) {
        queueMicrotask(() => listener.call(this, socket));
      });
    };`,
    /socket\.parser\.onIncoming$/,
  ],
  "there is no listener for connections": [
    `http.Server.prototype.on = function (event, listener) {
      if (event !== "connection" || listener.name !== "connectionListener")
        return serverOn.call(this, event, listener);
      const { emit } = this;
      Object.defineProperty(this, "emit", { value(name, ...values) {
        if (name === "connection") listener.apply(this, values);
        return emit.call(this, name, ...values);
      } });
      return this;
    };`,
    /socket\.parser\.onIncoming$/,
  ],
  "an Upgrade is not emitted": [
    `Object.defineProperty(HTTPParser.prototype, "incoming", {
      get() { return isCalledBy("onParserExecuteCommon") ? null : this.renamed },
      set(value) { this.renamed = value },
    });`,
    /the way in which its HTTP server hands a connection over$/,
  ],
  "the parser does not tell where it stopped": [
    `const { execute } = HTTPParser.prototype;
    HTTPParser.prototype.execute = function (data) {
      const result = execute.call(this, data);
      return typeof result === "number" ? data.length : result;
    };`,
    /the way in which its HTTP server hands a connection over$/,
  ],
  "the parser does not stop in the middle": [
    `const { execute } = HTTPParser.prototype;
    HTTPParser.prototype.execute = function (data) {
      if (data.length === 0) this.incoming = null;
      return execute.call(this, data);
    };`,
    /the way in which its HTTP server stops a parser$/,
  ],
  "the listeners stay": [
    `const { removeListener } = Duplex.prototype;
    Duplex.prototype.removeListener = function (event, listener) {
      return isCalledBy("onParserExecuteCommon") ? this : removeListener.call(this, event, listener);
    };`,
    /the way in which its HTTP server leaves a connection$/,
  ],
  "the parser takes bytes from Node only": [
    `const { execute } = HTTPParser.prototype;
    HTTPParser.prototype.execute = function (data) {
      return isNode() ? execute.call(this, data) : data.length;
    };`,
    /parser\.execute\(\), which makes the parser idle$/,
  ],
  "the parser forgets an error": [
    `const { execute } = HTTPParser.prototype;
    HTTPParser.prototype.execute = function (data) {
      return data.length === 0 && !isNode() ? 0 : execute.call(this, data);
    };`,
    /parser\.execute\(\), which repeats an error$/,
  ],
  "the parser can't be resumed": [`HTTPParser.prototype.resume = undefined;`, /the self-test threw TypeError/],
};

/** Prints the outcome of enableHijack(), whether the server has changed, and the answer to a request. */
const TRY = `
  const { enableHijack } = require(${JSON.stringify(hijackEntry)});
  const server = http.createServer((req, res) => res.end("answered"));
  const describe = () => JSON.stringify([
    Reflect.ownKeys(server).map(String),
    server.eventNames().map((event) => [String(event), server.listenerCount(event)]),
  ]);
  const before = describe();
  const said = [1, 2].map(() => {
    try { enableHijack(server); return "enabled" } catch ({ code, message }) { return [code, message] }
  });
  const isSame = describe() === before;
  server.listen(0, "127.0.0.1", () => {
    const socket = require("node:net").connect(server.address().port, "127.0.0.1");
    let text = "";
    socket.on("data", (data) => (text += data)).on("end", () => {
      console.log(JSON.stringify({ said, isSame, text }));
      server.close().closeAllConnections();
    });
    socket.write("GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n");
  });
`;

function run(change: string): { said: unknown[]; isSame: boolean; text: string } {
  const { stdout, stderr } = runNode(`${PREPARE}${change}${TRY}`);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as ReturnType<typeof run>;
}

describe("enableHijack() refuses if", () => {
  test.each(Object.entries(changes))("%s", (_, [change, message]) => {
    const { said, isSame, text } = run(change);
    const refusal = ["ERR_SOCKINFO_UNSUPPORTED_RUNTIME", expect.stringMatching(message)];
    expect(said).toEqual([refusal, refusal]);
    expect(isSame).toBe(true);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*answered$/);
  });
});

test("it does not refuse an unchanged Node", () => {
  const { said, text } = run("");
  expect(said).toEqual(["enabled", "enabled"]);
  expect(text).toContain("answered");
});
