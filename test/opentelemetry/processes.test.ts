// ConnectionInstrumentation in programs that do not know of it, by `node --import`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { makeCertificate } from "../helpers/certificate";

const startSdk = pathToFileURL(join(import.meta.dirname, "start-sdk.mjs")).href;

interface Ending {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `NODE_OPTIONS` reaches everything that the command starts. */
function run(command: string, parameters: readonly string[], cwd: string = root): Ending {
  const env = { ...process.env, NODE_OPTIONS: `--import=${startSdk}` };
  const { status, stdout, stderr } = spawnSync(command, parameters, { encoding: "utf8", timeout: 110_000, env, cwd });
  return { status, stdout: stdout.trim(), stderr: stderr.trim() };
}

const program = (script: string, ...flags: string[]): Ending =>
  run(process.execPath, [...flags, "--input-type=module", "-e", script]);

const quiet = { status: 0, stderr: "" };

const CLIENTS = `
  import http from "node:http";
  import https from "node:https";
  import http2 from "node:http2";
  import { once } from "node:events";
  const port = async (server) => (await once(server.listen(0, "127.0.0.1"), "listening"), server.address().port);
  const get = (module, port) => new Promise((resolve, reject) => {
    module.get({ host: "127.0.0.1", port, agent: false, rejectUnauthorized: false }, (res) => res.resume().once("close", resolve))
      .on("error", reject);
  });
  const get2 = async (port) => {
    const session = http2.connect("http://127.0.0.1:" + port);
    await once(session.request({ ":path": "/" }).resume().end(), "close");
    session.close();
    await once(session, "close");
  };
  const handler = (req, res) => res.end("ok");
  const print = (value) => console.log(JSON.stringify(value));
`;

describe("a program with servers", () => {
  test("each server of http, https and http2 is in the metrics, and net and tls are not", () => {
    const { key, cert } = makeCertificate();
    const pem = JSON.stringify({ key: key.toString(), cert: cert.toString() });
    const ended = program(`${CLIENTS}
      import net from "node:net";
      const servers = [http.createServer(handler), https.createServer(${pem}, handler), http2.createServer(handler)];
      const [http1, tls, h2] = await Promise.all(servers.map(port));
      const plain = net.createServer((socket) => socket.end());
      await once(net.connect(await port(plain), "127.0.0.1").resume(), "close");
      await get(http, http1);
      await get(http, http1);
      await get(https, tls);
      await get2(h2);
      let sums;
      do sums = await collect(); while (sums["sockinfo.connection.closed"] < 4);
      print([sums["sockinfo.connection.opened"], sums["sockinfo.connection.requests"], sums["sockinfo.connection.count"]]);
      process.exit();`);
    expect(ended).toEqual({ ...quiet, stdout: "[4,4,0]" });
  });

  test("its own trackers keep their place, whenever it makes them before the first connection", () => {
    const ended = program(`${CLIENTS}
      import { trackConnections, getTracker } from "sockinfo/connections";
      const [before, after, later, never] = [1, 2, 3, 4].map(() => http.createServer(handler));
      const options = { context: () => "ours" };
      const trackers = [trackConnections(before, options)];
      const ports = [await port(before)];
      after.listen(0, "127.0.0.1");
      trackers.push(trackConnections(after, options));
      await once(after, "listening");
      ports.push(after.address().port);
      ports.push(await port(later));
      trackers.push(trackConnections(later, options));
      ports.push(await port(never));
      const contexts = [];
      for (const tracker of trackers) tracker.on("closed", ({ context }) => contexts.push(context));
      for (const each of ports) await get(http, each);
      let sums;
      do sums = await collect(); while (sums["sockinfo.connection.closed"] < 4);
      print([contexts, sums["sockinfo.connection.opened"], getTracker(never) !== undefined]);
      process.exit();`);
    expect(ended).toEqual({ ...quiet, stdout: '[["ours","ours","ours"],4,true]' });
  });

  test("a worker thread has metrics of its own", () => {
    const worker = `${CLIENTS}
      import { parentPort } from "node:worker_threads";
      await get(http, await port(http.createServer(handler)));
      parentPort.postMessage((await collect())["sockinfo.connection.opened"]);
      process.exit();`;
    const ended = program(`${CLIENTS}
      import { Worker } from "node:worker_threads";
      const url = new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(worker)}));
      const [opened] = await once(new Worker(url), "message");
      print([opened, (await collect())["sockinfo.connection.opened"]]);`);
    expect(ended).toEqual({ ...quiet, stdout: "[1,null]" });
  });

  test("each worker of a cluster has its own connections", () => {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-otel-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "cluster.mjs");
    writeFileSync(
      file,
      `${CLIENTS}
      import cluster from "node:cluster";
      if (cluster.isPrimary) {
        const worker = cluster.fork();
        const [, { port }] = await once(cluster, "listening");
        await get(http, port);
        worker.send("collect");
        const [opened] = await once(worker, "message");
        print([opened, (await collect())["sockinfo.connection.opened"]]);
        process.exit();
      } else {
        http.createServer(handler).listen(0, "127.0.0.1");
        process.on("message", async () => process.send((await collect())["sockinfo.connection.opened"]));
      }`,
    );
    expect(run(process.execPath, [file])).toEqual({ ...quiet, stdout: "[1,null]" });
  });

  test("without the native module its servers work, and there are no metrics", () => {
    const ended = program(
      `${CLIENTS}
      const server = http.createServer(handler);
      await get(http, await port(server));
      print([Object.keys(await collect()), server.listenerCount("connection")]);
      process.exit();`,
      "--no-addons",
    );
    expect(ended).toEqual({ ...quiet, stdout: "[[],1]" });
  });
});

describe("a program without a server", () => {
  test("ends by itself, and has no metrics", () => {
    // A timer would be listed, and would keep the process alive.
    const script = `
      const resources = process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|TCP/.test(name));
      console.log(JSON.stringify([await collect(), resources]));`;
    expect(program(script)).toEqual({ ...quiet, stdout: "[{},[]]" });
  });

  test.each([
    ["npm", ["--version"], /^\d+\.\d+\.\d+$/],
    ["npm", ["pkg", "get", "name"], /^"sockinfo"$/],
    ["node_modules/.bin/tsc", ["--version"], /^Version /],
    ["node_modules/.bin/tsx", ["-e", "console.log(40 + 2)"], /^42$/],
    ["node_modules/.bin/vitest", ["--version"], /^vitest/],
    ["node_modules/.bin/rollup", ["--version"], /^rollup v/],
  ])("%s %j does what it does without us", (command, parameters, output) => {
    const ended = run(command, parameters);
    expect(ended).toEqual({ status: 0, stderr: "", stdout: expect.stringMatching(output) });
  });
});
