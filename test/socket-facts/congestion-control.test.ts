// getCongestionControl: names that Python and routes have set, and BBR's state against `ss`.
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { getCongestionControl, getFd, getTcpInfo, type LinuxTcpInfo, tryGetCongestionControl } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { entry } from "../helpers/child";
import { connectPair, until } from "../helpers/servers";
import { askPython } from "./ask-python";

const here = (name: string) => join(import.meta.dirname, name);

describe.skipIf(lacks("linux", "python"))("the name", () => {
  test("is what Python reads", async () => {
    const { accepted, client } = await connectPair();
    for (const socket of [accepted, client]) {
      expect(getCongestionControl(socket).name).toBe(askPython(socket).TCP_CONGESTION);
      expect(tryGetCongestionControl(socket)?.name).toBe(getCongestionControl(socket).name);
    }
  });

  test("changes with setsockopt. Without BBR, it is all that there is", async () => {
    const { accepted } = await connectPair();
    askPython(accepted, { TCP_CONGESTION: "reno" });
    expect(getCongestionControl(accepted)).toStrictEqual({ name: "reno", bbr: undefined });
  });

  test.skipIf(lacks("root", "unshare", "ip"))("is that of the route", () => {
    const addresses = ["127.0.0.2", "127.0.0.3"];
    const routes = ["reno", "cubic"].map(
      (name, index) => `ip route add local ${addresses[index]} dev lo table local congctl ${name}`,
    );
    const program = [process.execPath, here("congestion-of-routes.mjs"), ...addresses];
    const script = ["set -e", "ip link set lo up", ...routes, 'exec "$@"'].join("\n");
    const { stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script, "sh", ...program], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual([{ name: "reno" }, { name: "cubic" }]);
  });
});

describe.skipIf(lacks("linux", "python", "bbr"))("BBR", () => {
  test.skipIf(lacks("ss"))("has the state that ss shows", async () => {
    const { accepted, client } = await connectPair();
    askPython(accepted, { TCP_CONGESTION: "bbr" });
    let received = 0;
    client.on("data", ({ length }) => (received += length));
    accepted.write(Buffer.alloc(3_000_000));
    await until(() => received === 3_000_000);
    // BBR's state changes with each acknowledgement.
    await until(() => (getTcpInfo(accepted) as LinuxTcpInfo).unackedSegments === 0);

    // ss -n shows bits per second without rounding.
    const filter = [`sport = :${accepted.localPort}`, "and", `dport = :${accepted.remotePort}`];
    const text = execFileSync("ss", ["-tinH", filter.join(" ")], { encoding: "utf8" });
    const [, bw, mrtt, pacingGain, cwndGain] =
      /bbr:\(bw:(\d+)bps,mrtt:([\d.]+),pacing_gain:([\d.]+),cwnd_gain:([\d.]+)\)/.exec(text) ?? [];
    const { name, bbr } = getCongestionControl(accepted);
    expect(name).toBe("bbr");
    expect(bbr).toMatchObject({ minRttMs: Number(mrtt) });
    // Patched kernels have version 3.
    expect([1, 3]).toContain(bbr?.version);
    expect(bbr?.bandwidthBytesPerSecond).toBe(Number(bw) / 8);
    // ss rounds to six digits.
    expect(bbr?.pacingGain).toBeCloseTo(Number(pacingGain), 4);
    expect(bbr?.cwndGain).toBeCloseTo(Number(cwndGain), 4);
  });

  test("has no state at a listener", async () => {
    const { server } = await connectPair();
    const fd = getFd(server);
    askPython(server, { TCP_CONGESTION: "bbr" });
    expect(getCongestionControl(fd)).toStrictEqual({ name: "bbr", bbr: undefined });
  });

  test("has no bandwidth before the first sample", async () => {
    const { accepted } = await connectPair();
    askPython(accepted, { TCP_CONGESTION: "bbr" });
    const { bbr } = getCongestionControl(accepted);
    expect(bbr?.bandwidthBytesPerSecond).toBeUndefined();
  });
});

test.skipIf(lacks("linux", "python", "mptcp"))("MPTCP has names and options, too", () => {
  const script = `
    const { getCongestionControl, getSocketOptions, getTcpInfo } = require(${JSON.stringify(entry)});
    const options = getSocketOptions(3);
    console.log(JSON.stringify([getTcpInfo(3).isMptcp, getCongestionControl(3), options.keepAlive,
      options.sndBufferLimitBytes, options.userTimeoutMs, options.notSentLimitBytes, typeof options.cookie]));`;
  const { stdout, stderr } = spawnSync("python3", [here("mptcp-options.py"), process.execPath, "-e", script], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual([true, { name: "reno" }, true, 140_000, null, null, "string"]);
});
