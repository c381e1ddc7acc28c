// Loading a subpath has no side effects: package.json says so to bundlers, which may leave it out. sockinfo/hijack
// works without the native module.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entry, runNode } from "./helpers/child";
import { root, titledSnippet } from "./helpers/docs";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { exports: object };
const subpaths = Object.keys(exports).flatMap((name) => /^\.\/([\w-]+)$/.exec(name)?.[1] ?? []);
const path = (subpath: string) => JSON.stringify(join(entry, "..", subpath, "index.js"));

test("the list of subpaths", () =>
  expect(subpaths).toEqual([
    "connections",
    "hijack",
    "logging",
    "opentelemetry",
    "page",
    "prometheus",
    "server-timing",
    "unix",
  ]));

test("the setting for webpack in docs/loading.md names each subpath", () => {
  const names = ["sockinfo", ...subpaths.map((subpath) => `sockinfo/${subpath}`)];
  const externals: unknown = JSON.parse(titledSnippet("docs/loading.md", "webpack-externals.json"));
  expect(externals).toEqual(Object.fromEntries(names.map((name) => [name, `commonjs ${name}`])));
});

describe.each(subpaths)("%s", (subpath) => {
  test("creates nothing, listens to nothing, and changes no class of Node", () => {
    const { status, stdout, stderr } = runNode(`
      const http = require("http"), http2 = require("http2"), net = require("net"), tls = require("tls");
      const classes = { ...http, Http2: http2.Http2ServerRequest, NetServer: net.Server, Socket: net.Socket, TlsServer: tls.Server };
      const look = () => Object.entries(classes).filter(([, value]) => typeof value === "function").flatMap(([name, { prototype }]) =>
        Object.entries(Object.getOwnPropertyDescriptors(prototype ?? {})).map(([key, { value, get }]) => [name, key, value, get]));
      const state = () => [...process.eventNames().map((name) => [name, process.listenerCount(name)]), process.getActiveResourcesInfo()];
      const before = [look(), state()];
      const { createServer } = http;
      http.createServer = () => { throw new Error("a server was made"); };
      require(${path(subpath)});
      http.createServer = createServer;
      require("assert").deepStrictEqual([look(), state()], before);`);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

test("hijacking works without the native module, and lets the process end", () => {
  const script = `
    const http = require("http"), { enableHijack, hijack } = require(${path("hijack")});
    const server = http.createServer((req, res) => hijack(req, res).then(({ socket }) => {
      server.close();
      socket.end("HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\nby hand");
    }));
    enableHijack(server);
    server.listen(0, "127.0.0.1", () => {
      http.get({ port: server.address().port, host: "127.0.0.1", agent: false }, (res) => res.pipe(process.stdout));
    });`;
  expect(runNode(script, ["--no-addons"])).toEqual({ status: 0, signal: null, stdout: "by hand", stderr: "" });
});
