// The self-test of the first enableHijack() in a process works together with instrumentation, which does not notice
// it.
import { expect, test } from "vitest";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";

const PREPARE = `
  const http = require("node:http");
  const { subscribe } = require("node:diagnostics_channel");
  const seen = [];
  const enable = () => {
    require(${JSON.stringify(`${root}/dist/hijack/index.js`)}).enableHijack(http.createServer());
    console.log(JSON.stringify(["enabled", ...seen]));
  };
  /** Patches every server that http.createServer() makes. */
  const patchServers = (patch) => {
    const { createServer } = http;
    http.createServer = (...parameters) => {
      const server = createServer(...parameters);
      patch(server);
      return server;
    };
  };
`;

const INSTRUMENTATIONS: Record<string, string> = {
  "trackConnections() for every server": `
    const { trackConnections } = require(${JSON.stringify(`${root}/dist/connections/index.js`)});
    patchServers((server) => trackConnections(server).on("state", () => seen.push("state")));
  `,
  "a listener for 'connection' before Node's": `
    patchServers((server) => server.prependListener("connection", () => seen.push("connection")));
  `,
  "a class of servers with another first listener": `
    const { Server } = http;
    http.Server = class extends Server {
      constructor(...parameters) {
        super(...parameters);
        this.prependListener("connection", () => seen.push("connection"));
      }
    };
  `,
  "a server's emit() that is wrapped": `
    const { emit } = http.Server.prototype;
    http.Server.prototype.emit = function (event, ...parameters) {
      seen.push(event);
      return emit.call(this, event, ...parameters);
    };
  `,
  "subscribers of Node's channels": `
    const names = [
      "http.client.request.created", "http.client.request.start", "http.client.request.error", "http.client.response.finish",
      "http.server.request.start", "http.server.response.created", "http.server.response.finish",
      "net.client.socket", "net.server.socket",
    ];
    for (const name of names) subscribe(name, () => seen.push(name));
  `,
  "a listener for warnings": `process.on("warning", ({ message }) => seen.push(message));`,
};

test.each(Object.entries(INSTRUMENTATIONS))("%s", (_, instrument) => {
  const { stdout, stderr } = runNode(`${PREPARE}${instrument}enable();`);
  expect({ stdout, stderr }).toEqual({ stdout: '["enabled"]', stderr: "" });
});

test("the subscribers see a real request", () => {
  const { stdout } = runNode(`
    ${PREPARE}${INSTRUMENTATIONS["subscribers of Node's channels"]}
    const server = http.createServer((request, response) => response.end()).listen(0, "127.0.0.1", async () => {
      await (await fetch("http://127.0.0.1:" + server.address().port)).text();
      enable();
      server.close().closeAllConnections();
    });
  `);
  expect(JSON.parse(stdout)).toContain("http.server.request.start");
});
