// Preloaded before a snippet of the documentation: its server listens on a free port, or in a folder of its own, and says where. What has
// been bound already, as by listenUnix(), stays where it is.
import { mkdtempSync } from "node:fs";
import { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { listen } = Server.prototype;

/** @this {Server} @param {...any} parameters */
Server.prototype.listen = function (...parameters) {
  const [first] = parameters;
  this.once("listening", () => {
    const address = this.address();
    console.log(`LISTENING ${typeof address === "string" ? address : address?.port}`);
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
