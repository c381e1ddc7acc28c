// With `get` or `set` in a polluted Object.prototype, a literal is no descriptor any more: it seems to have a value and
// an accessor. The properties that sockinfo sets on servers and sockets do not depend on that.
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { entry, runNode } from "./helpers/child";
import { lacks } from "./helpers/needs";

const dist = JSON.stringify(join(dirname(entry), "/"));

/** Serves one request while Object.prototype has the key, and prints what the client got. */
const program = (key: string, when: string, prepare: string, handler: string) => `
  const http = require("node:http"), net = require("node:net");
  const { trackConnections } = require(${dist} + "connections/index.js");
  const { enableHijack, hijack } = require(${dist} + "hijack/index.js");
  const { allowPeers } = require(${dist} + "unix/index.js");
  const pollute = () => void (Object.prototype.${key} = () => 1);
  const server = http.createServer((req, res) => { ${handler} });
  const path = "\\0sockinfo-" + process.pid;
  if (${when === "before"}) pollute();
  ${prepare}
  delete Object.prototype.${key};
  server.listen(path, () => {
    const client = net.connect(path);
    client.write("GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n");
    pollute();
    let text = "";
    client.on("data", (data) => (text += data));
    client.on("close", () => {
      delete Object.prototype.${key};
      console.log(text.split("\\r\\n\\r\\n")[1]);
      process.exit();
    });
  });`;

describe.skipIf(lacks("linux")).each(["get", "set"])("an inherited %s", (key) => {
  describe.each(["before", "after"])("%s the call", (when) => {
    test.each([
      ["trackConnections", "trackConnections(server);", 'res.end("served");'],
      ["allowPeers", "allowPeers(server, { uids: [process.getuid()] });", 'res.end("served");'],
      [
        "hijack",
        "enableHijack(server);",
        'hijack(req, res).then(({ socket }) => socket.end("HTTP/1.1 200 OK\\r\\n\\r\\nserved"));',
      ],
    ])("breaks no %s", (_, prepare, handler) => {
      expect(runNode(program(key, when, prepare, handler))).toMatchObject({ status: 0, stdout: "served" });
    });
  });
});
