// Feeds the captured and reconstructed answers of macOS to the macOS binary. The public functions must return the
// known facts.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { NativeBinding } from "../../src/addon/native-binding";
import { answerWith } from "./answers.mts";
import { bundleOf } from "./build.mts";
import { captureAll } from "./capture.mts";
import { useKernel } from "./fake-mac.mts";
import { contradictions, type Fixture } from "./fixture.mts";
import { encode, readLayouts, type Struct } from "./layouts.mts";
import { linuxAsMac } from "./linux-as-mac.mts";

const { structs, constants } = readLayouts();
const folder = join(import.meta.dirname, "fixtures");

/** Any number will do, because the kernel ignores it. */
const FD = 42;

const fixtures = readdirSync(folder).map((name): [string, Fixture] => [
  name,
  JSON.parse(readFileSync(join(folder, name), "utf8")),
]);

function bytesOf(answer: Fixture["answers"]["tcpInfo"], struct?: Struct): Uint8Array | number {
  if (typeof answer === "number") return answer;
  if (typeof answer === "string") return new Uint8Array(Buffer.from(answer, "hex"));
  return encode(struct as Struct, answer.members).subarray(0, answer.length);
}

function play({ answers, truth }: Fixture): string[] {
  answerWith({
    ...answers,
    tcpInfo: bytesOf(answers.tcpInfo, structs.tcp_connection_info),
    peerCredentials: bytesOf(answers.peerCredentials, structs.xucred),
    peerPid: bytesOf(answers.peerPid),
    peerEffectivePid: bytesOf(answers.peerEffectivePid ?? -constants.ENOTCONN),
    peerToken: bytesOf(answers.peerToken ?? -constants.ENOTCONN),
  });
  return contradictions(FD, truth);
}

describe("fixtures", () => {
  test.each(fixtures)("%s", (name, fixture) => {
    expect(name).toBe(`${fixture.scenario}.json`);
    expect(fixture.origin).toMatch(/^(captured|reconstructed)$/);
    expect(fixture.source).not.toBe("");
    expect(play(fixture)).toEqual([]);
  });

  test("a fixture with wrong facts is detected", () => {
    const [, idle] = fixtures.find(([name]) => name === "tcp-idle.json") as [string, Fixture];
    expect(play({ ...idle, answers: { ...idle.answers, tcpInfo: -38 } })).toHaveLength(1);
    expect(play({ ...idle, truth: { ...idle.truth, tcpInfo: { bytesSent: 1 } } })).toEqual([
      "tcpInfo.bytesSent: 0 instead of 1",
    ]);
  });
});

describe("capture.mts", () => {
  const load = () => {
    const loaded = { exports: {} };
    process.dlopen(loaded, bundleOf("x64"));
    return loaded.exports as NativeBinding;
  };

  test("makes fixtures of this form, for the scenarios in fixtures/", async () => {
    useKernel(linuxAsMac);
    const captured: Fixture[] = [];
    const problems = await captureAll(load(), "this machine, as on a Mac", (fixture) => captured.push(fixture));
    expect(problems).toEqual([]);
    const names = fixtures.map(([, { scenario }]) => scenario);
    expect(captured.map(({ scenario }) => scenario).filter((scenario) => !names.includes(scenario))).toEqual([]);
    expect(captured.length).toBeGreaterThan(5);
    for (const fixture of captured) expect(play(JSON.parse(JSON.stringify(fixture)))).toEqual([]);
  });

  test("makes all fixtures, even if the kernel contradicts the known facts", async () => {
    useKernel(linuxAsMac);
    const scenarios: string[] = [];
    const problems = await captureAll(load(), "a strange Mac", ({ scenario }) => {
      scenarios.push(scenario);
      // From now on, the kernel answers every call with an error.
      if (scenario === "tcp-idle") answerWith({ tcpInfo: -constants.EINVAL, peerCredentials: -constants.EINVAL });
    });
    expect(scenarios).toContain("file");
    expect(scenarios.length).toBeGreaterThan(5);
    expect(problems[0]).toMatch(/^tcp-idle: /);
    expect(problems.length).toBeGreaterThan(5);
  });
});
