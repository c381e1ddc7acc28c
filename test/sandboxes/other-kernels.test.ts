// Kernels that pretend to be Linux and fill in a part of TCP_INFO, or have none: a field that they left out is
// `undefined`, not 0.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { compile, type Compiled, runFaked } from "./helpers";

describe.skipIf(lacks("linux", "compiler"))("a kernel that", () => {
  let fakeTcpInfo: Compiled;
  beforeAll(() => void (fakeTcpInfo = compile("fake-tcp-info")));
  afterAll(() => fakeTcpInfo.remove());

  /** Prints the fields that are present, after data was sent in both directions. */
  const READ = `
    pair((accepted, client) => {
      accepted.on("data", () => accepted.write("y".repeat(1000)));
      client.write("x".repeat(100));
      client.on("data", () => setTimeout(() => {
        const info = sockinfo.getTcpInfo(accepted);
        const present = Object.keys(info).filter((name) => info[name] !== undefined);
        const batch = sockinfo.getTcpInfoBatch([accepted]).get(0);
        const some = sockinfo.createTcpInfoReader(Object.keys(info))(accepted);
        const still = ["state", "sndMssBytes", "bytesSent", "isMptcp"];
        const isSame = [batch, some].every((other) => still.every((name) => info[name] === other[name])
          && Object.keys(info).every((name) => (info[name] === undefined) === (other[name] === undefined)));
        say({ state: info.state, present, isSame, isSupported: sockinfo.isSupported() });
      }, 20));
    });`;

  test("fills in the fields of gVisor: only these are present", () => {
    const filled = ["rtoMs", "rttMs", "rttVarMs", "sndCwndSegments", "sndSsthreshSegments"];
    expect(runFaked(fakeTcpInfo, "gvisor", READ)).toEqual({
      state: "ESTABLISHED",
      present: expect.toSatisfy((names: string[]) => {
        expect(names.toSorted()).toEqual(["platform", "state", "isMptcp", ...filled].toSorted());
        return true;
      }),
      isSame: true,
      isSupported: true,
    });
  });

  test("fills in nothing: no field is present", () => {
    const { present } = runFaked(fakeTcpInfo, "zeros", READ) as { present: string[] };
    expect(present.toSorted()).toEqual(["isMptcp", "platform"]);
  });

  test("returns four bytes, as qemu's user mode does: only the state is present", () => {
    const { state, present } = runFaked(fakeTcpInfo, "length 4", READ) as { state: string; present: string[] };
    expect(state).toBe("ESTABLISHED");
    expect(present).not.toContain("sndMssBytes");
    expect(present).not.toContain("bytesSent");
  });

  test.each(["length 0", "length 1", "length 7", "length 105"])("returns a part of the struct: %s", (fake) => {
    expect(runFaked(fakeTcpInfo, fake, READ)).toMatchObject({ isSame: true });
  });

  test("returns a length beyond the buffer: no bytes of another row are read", () => {
    const script = `
      pair((accepted, client) => {
        const batch = sockinfo.getTcpInfoBatch([accepted, client]);
        say([sockinfo.getTcpInfoBytes(accepted).length, batch.getBytes(0).length, batch.getBytes(1).length, batch.get(1).state]);
      });`;
    expect(runFaked(fakeTcpInfo, "overlong", script)).toEqual([512, 512, 512, "ESTABLISHED"]);
  });

  test.each(["ENOPROTOOPT", "EOPNOTSUPP"])(
    "has no TCP_INFO, as WSL 1 (%s): the code is not that of a socket other than TCP",
    (error) => {
      const number = { ENOPROTOOPT: 92, EOPNOTSUPP: 95 }[error];
      const script = `
      const reason = sockinfo.getUnsupportedReason();
      pair((accepted, client, server) => say([
        codeOf(() => sockinfo.getTcpInfo(accepted)),
        sockinfo.tryGetTcpInfo(accepted),
        codeOf(() => connections.getListenerInfo(server)),
        sockinfo.isSupported(),
        reason?.code,
        reason?.syscall,
      ]));`;
      const code = "ERR_SOCKINFO_UNSUPPORTED_KERNEL";
      expect(runFaked(fakeTcpInfo, `error ${number}`, script)).toEqual([
        code,
        "absent",
        code,
        false,
        code,
        "getsockopt",
      ]);
    },
  );

  describe("leaves out fields of a listener: the accept queue", () => {
    const QUEUE = `
      const server = net.createServer().listen({ port: 0, host: "127.0.0.1", backlog: 5 }, () =>
        say([codeOf(() => connections.getListenerInfo(server)), connections.tryGetListenerInfo(server)]));`;

    test.each(["gvisor", "length 4", "length 24", "length 28"])("is unknown: %s", (fake) => {
      expect(runFaked(fakeTcpInfo, fake, QUEUE)).toEqual(["ERR_SOCKINFO_UNSUPPORTED_KERNEL", "absent"]);
    });

    test("is known if its fields are present", () => {
      const info = { acceptQueueLength: 0, acceptQueueLimit: 5, acceptQueueFullRatio: 0, droppedSyns: 0 };
      expect(runFaked(fakeTcpInfo, "length 104", QUEUE)).toEqual(["none", info]);
    });
  });

  test("fills in a part: no quantile is made of a missing field", () => {
    const script = `
      const server = require("node:http").createServer(async (req, res) => {
        const { size, quantiles } = await tracker.takeSnapshot();
        say([size, Object.keys(quantiles).filter((name) => quantiles[name] !== undefined)]);
      });
      const tracker = connections.trackConnections(server);
      server.listen(0, "127.0.0.1", () => require("node:http").get({ port: server.address().port, host: "127.0.0.1" }));`;
    expect(runFaked(fakeTcpInfo, "gvisor", script)).toEqual([1, ["rttMs"]]);
  });

  test("fills in a part: a measurement has no counters, and does not wait for an acknowledgement that it can't see", () => {
    const script = `
      const http = require("node:http");
      const server = http.createServer((req, res) => {
        const start = performance.now();
        connections.measureRequest(req).then((cost) => {
          const { durationMs, intervalMs, shared, aborted, acked, start: before, end, ...counters } = cost;
          const known = Object.keys(counters).filter((name) => counters[name] !== undefined);
          say([known, acked, aborted, performance.now() - start < 2000]);
        });
        res.end("x".repeat(1000));
      });
      connections.trackConnections(server);
      server.listen(0, "127.0.0.1", () => {
        const agent = new http.Agent({ keepAlive: true });
        http.get({ port: server.address().port, host: "127.0.0.1", agent }, (response) => response.resume());
      });`;
    expect(runFaked(fakeTcpInfo, "gvisor", script)).toEqual([[], false, false, true]);
  });
});
