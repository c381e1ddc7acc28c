// Preloaded before a snippet of the documentation: its server listens on a free port, or in a folder of its own, and says where. What has
// been bound already, as by listenUnix(), stays where it is. Its own clients find that port under the one that is printed.
import { mkdtempSync } from "node:fs";
import { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The port of all snippets. */
const PRINTED = 3000;

const { listen } = Server.prototype;
const { connect } = Socket.prototype;

/** @type {number | undefined} */
let port;

/** @this {Server} @param {...any} parameters */
Server.prototype.listen = function (...parameters) {
  const [first] = parameters;
  this.once("listening", () => {
    const address = this.address();
    if (typeof address !== "string") port = address?.port;
    console.log(`LISTENING ${typeof address === "string" ? address : port}`);
  });
  if (first?.fd !== undefined) return Reflect.apply(listen, this, parameters);
  const path = typeof first === "string" ? first : first?.path;
  const callback = parameters.find((parameter) => typeof parameter === "function");
  // When the test's client is there: what the snippet does then may end by closing the server.
  const whenAsked = callback && (() => this.once("connection", () => Reflect.apply(callback, this, [])));
  const options =
    path === undefined
      ? { host: "127.0.0.1", port: 0 }
      : { path: join(mkdtempSync(join(tmpdir(), "socket-")), "socket") };
  return listen.call(this, options, whenAsked);
};

/** @this {Socket} @param {...any} parameters */
Socket.prototype.connect = function (...parameters) {
  // What net.createConnection() makes of its arguments: a list in the place of the first.
  const [options] = [parameters[0]].flat();
  if (options?.port === PRINTED) options.port = port;
  return Reflect.apply(connect, this, parameters);
};
