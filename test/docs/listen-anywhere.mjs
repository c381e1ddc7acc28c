// Preloaded before a snippet of the documentation. Its server listens on a free port, or in a temporary folder, and
// prints where. A handle that is already bound, as by listenUnix(), stays unchanged. The snippet's own clients connect
// to the free port instead of the port in its text.
import { mkdtempSync } from "node:fs";
import { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The port in the text of all snippets. */
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
  // Only after the test's client has connected, because the snippet may close the server afterwards.
  const whenAsked = callback && (() => this.once("connection", () => Reflect.apply(callback, this, [])));
  const options =
    path === undefined
      ? { host: "127.0.0.1", port: 0 }
      : { path: join(mkdtempSync(join(tmpdir(), "socket-")), "socket") };
  return listen.call(this, options, whenAsked);
};

/** @this {Socket} @param {...any} parameters */
Socket.prototype.connect = function (...parameters) {
  // net.createConnection() passes its normalized arguments as a list in the first one.
  const [options] = [parameters[0]].flat();
  if (options?.port === PRINTED) options.port = port;
  return Reflect.apply(connect, this, parameters);
};
