// A scrape never fails because of one connection, and never keeps the process alive.
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entry, runNode } from "../helpers/child";
import { root } from "../helpers/docs";
import { makePair } from "../helpers/duplex-pair";
import { dial } from "../helpers/http-clients";
import { listen } from "../helpers/servers";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

test("a socket whose handle throws, one whose descriptor lies, and an injected stream", async () => {
  const server = await listen(createServer());
  const { register } = observe(server);
  const accepted: Socket[] = [];
  server.on("connection", (socket: Socket) => accepted.push(socket));
  for (let index = 0; index < 3; index++) await dial(server);
  await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === 3);
  Object.defineProperty(accepted[0], "_handle", {
    configurable: true,
    get() {
      throw new Error("hostile");
    },
  });
  Object.defineProperty(accepted[1], "_handle", { configurable: true, value: { fd: 2 ** 30 } });
  server.emit("connection", makePair()[0]);
  const series = await scrape(register);
  expect(sum(series, "sockinfo_connections")).toBe(4);
  // Otherwise Node could not close them.
  for (const socket of accepted) Reflect.deleteProperty(socket, "_handle");
});

test("a loaded subpath has loaded connections only, and nothing of prom-client", () => {
  const script = `
    require(${JSON.stringify(join(entry, "../prometheus/index.js"))});
    const files = Object.keys(require.cache).map((file) => file.slice(${root.length + 1}));
    console.log(files.filter((file) => !file.endsWith(".node")).sort().join(" "));`;
  expect(runNode(script)).toMatchObject({
    status: 0,
    stdout: "dist/connections/bundle.js dist/core.js dist/index.js dist/prometheus/bundle.js dist/prometheus/index.js",
  });
});

test("metrics without a close() let the process end", () => {
  const script = `
    const client = require(${JSON.stringify(join(root, "node_modules/prom-client"))});
    const { trackConnections } = require(${JSON.stringify(join(entry, "../connections/index.js"))});
    const { registerMetrics } = require(${JSON.stringify(join(entry, "../prometheus/index.js"))});
    const server = require("http").createServer((req, res) => res.end("ok"));
    registerMetrics(trackConnections(server), { client });
    server.listen(0, "127.0.0.1", () => {
      fetch("http://127.0.0.1:" + server.address().port).then((res) => res.text()).then(() => {
        server.close();
        server.closeAllConnections();
        return client.register.metrics();
      }).then((text) => console.log(/opened_total (\\d)/.exec(text)[1]));
    });`;
  expect(runNode(script)).toEqual({ status: 0, signal: null, stdout: "1", stderr: "" });
});

test("without the native module there are connections, and nothing of TCP", () => {
  const script = `
    const client = require(${JSON.stringify(join(root, "node_modules/prom-client"))});
    const { trackConnections } = require(${JSON.stringify(join(entry, "../connections/index.js"))});
    const { registerMetrics } = require(${JSON.stringify(join(entry, "../prometheus/index.js"))});
    const server = require("http").createServer((req, res) => res.end("ok"));
    registerMetrics(trackConnections(server), { client });
    server.listen(0, "127.0.0.1", async () => {
      await fetch("http://127.0.0.1:" + server.address().port).then((res) => res.text());
      console.log((await client.register.metrics()).match(/^sockinfo_connections{.*} 1$/m)[0]);
      process.exit();
    });`;
  expect(runNode(script, ["--no-addons"])).toMatchObject({ status: 0, stdout: 'sockinfo_connections{state="idle"} 1' });
});
