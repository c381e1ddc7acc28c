// sockinfo doctor, here and in sandboxes that deny what it tries.
import { readdirSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { runJson, runProgram } from "../helpers/program";
import { compile, type Compiled, TCP_INFO } from "../sandboxes/helpers";

interface Finding {
  readonly name: string;
  readonly works: "yes" | "partly" | "no";
  readonly detail: string;
  readonly code?: string;
}

interface DoctorLine {
  readonly version: number;
  readonly sockinfo: string;
  readonly runtime: string;
  readonly platform: string;
  readonly findings: readonly Finding[];
}

const worksOf = ({ findings }: DoctorLine) => Object.fromEntries(findings.map(({ name, works }) => [name, works]));

describe.skipIf(lacks("linux", "root"))("here", () => {
  test("root in a whole Linux gets everything but perhaps a label", async () => {
    const line = await runJson<DoctorLine>(["doctor"]);
    expect(line).toMatchObject({ version: 1, runtime: `Node ${process.version}`, platform: "linux" });
    const { "its security label": label, "its process descriptor": descriptor, ...others } = worksOf(line);
    expect(label).toMatch(/^(yes|no)$/);
    expect(descriptor).toBe(lacks("pidfd") ? "no" : "yes");
    expect(new Set(Object.values(others))).toEqual(new Set(["yes"]));
  });

  test("as text", async () => {
    const { status, stdout, stderr } = await runProgram(["doctor"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^sockinfo \S+, Node v\S+, linux-\w+, Linux \S+\n\nyes +native module +/);
    expect(stdout).toMatch(/^yes +TCP_INFO of own connections +\d+ bytes, \d+ properties with a value$/m);
  });

  test("it leaves no file", async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith("sockinfo-doctor-"));
    await runProgram(["doctor"]);
    await expect.poll(left).toEqual([]);
  });

  test.skipIf(lacks("setpriv"))("another user sees its own processes only", async () => {
    const before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    const { findings } = await runJson<DoctorLine>(["doctor"], { before });
    const finding = findings.find(({ name }) => name === "owners of sockets");
    expect(finding).toMatchObject({ works: "partly", detail: expect.stringContaining("not this user's") as string });
  });

  test.skipIf(lacks("unshare"))("a network namespace without an interface", async () => {
    const { status, stdout } = await runProgram(["doctor"], { before: ["unshare", "--net", "--"] });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^yes +peer of a Unix socket /m);
  });
});

describe.skipIf(lacks("linux", "compiler"))("in a sandbox", () => {
  let denyCalls: Compiled;
  beforeAll(() => void (denyCalls = compile("deny-calls")));
  afterAll(() => denyCalls.remove());

  const denied = (error: string, ...rules: string[]) => {
    const number = String((constants.errno as Record<string, number>)[error]);
    return [denyCalls.file, number, ...rules, "--"];
  };

  test("without netlink, what asks sock_diag does not work, and the rest does", async () => {
    const line = await runJson<DoctorLine>(["doctor"], { before: denied("EPERM", "socket:524291:4") });
    expect(worksOf(line)).toMatchObject({
      "native module": "yes",
      "TCP_INFO of own connections": "yes",
      "one socket without descriptor": "no",
      "TCP sockets of all processes": "no",
      "connections as they end": "no",
      "Unix sockets of all processes": "no",
      "peer of a Unix socket": "yes",
      hijack: "yes",
    });
    const denials = line.findings.filter(({ works }) => works === "no").map(({ code }) => code);
    expect(denials).toContain("ERR_SOCKINFO_SYSTEM_CALL_DENIED");
    for (const command of [["listeners"], ["show", ":1"], ["show", "127.0.0.1:1"]]) {
      const ending = await runProgram(command, { before: denied("EPERM", "socket:524291:4") });
      expect(ending).toMatchObject({ status: 1, stdout: "" });
      expect(ending.stderr).toMatch(
        /^sockinfo: A sandbox or a security policy denies this process a system call: .*EPERM\n$/,
      );
    }
  });

  test("without TCP_INFO, the code is 1", async () => {
    const { status, stdout } = await runProgram(["doctor"], { before: denied("EPERM", TCP_INFO) });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^no +native module +A sandbox or a security policy denies/m);
    expect(stdout).toMatch(/^yes +peer of a Unix socket /m);
  });
});

test("without the native module, each line says so, and the code is 1", async () => {
  const { status, stdout } = await runProgram(["doctor", "--json"], { flags: ["--no-addons"] });
  expect(status).toBe(1);
  const line = JSON.parse(stdout) as DoctorLine;
  expect(line.findings[0]).toMatchObject({ works: "no", code: "ERR_SOCKINFO_ADDON_LOAD_FAILED" });
  expect(worksOf(line)).toMatchObject({ "TCP_INFO of own connections": "no", trackConnections: "yes", hijack: "yes" });
});
