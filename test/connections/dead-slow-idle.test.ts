// The recipe of docs/guides/drop-dead-clients.md, on peers that are idle, read nothing, or can't be reached. Needs
// root, for network-path.cc.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinuxTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { root, titledSnippet } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { overNetworkPath } from "./helpers/network-path";

type Name = "idle" | "unanswered" | "slow" | "idleGone" | "slowGone" | "back";

interface Look {
  /** The recipe's verdicts during one second. */
  readonly verdicts: string[];
  readonly info: LinuxTcpInfo;
}

describe.skipIf(lacks("linux", "tun", "compiler"))("the recipe", () => {
  const run = overNetworkPath<Record<Name, Look>>("dead-slow-idle.mjs");

  test("says dead, slow or idle as documented", async () => {
    // Inside the checkout, so that `sockinfo` is found as in a user's project.
    const folder = join(root, "build", "dead-slow-idle");
    mkdirSync(folder, { recursive: true });
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const recipe = join(folder, "recipe.mjs");
    writeFileSync(recipe, titledSnippet("docs/guides/drop-dead-clients.md", "dead-slow-idle.mjs"));

    const looks = await run(recipe);
    const verdicts = Object.entries(looks).map(([name, look]) => [name, [...new Set(look.verdicts)]]);
    expect(Object.fromEntries(verdicts)).toEqual({
      idle: ["idle"],
      unanswered: ["dead"],
      slow: ["slow"],
      // With nothing to send, a dead peer looks like an idle one.
      idleGone: ["idle"],
      slowGone: ["dead"],
      back: ["idle"],
    });

    // The rows of the documentation's table. `timerBackoffs` grows for a living peer too.
    const { idle, unanswered, slow, slowGone } = looks;
    expect(idle.info).toMatchObject({ consecutiveRtos: 0, unansweredProbes: 0, timerBackoffs: 0 });
    expect(unanswered.info).toMatchObject({ unansweredProbes: 0, timerBackoffs: unanswered.info.consecutiveRtos });
    expect(unanswered.info.timerBackoffs).toBeGreaterThan(0);
    expect(slow.info).toMatchObject({ consecutiveRtos: 0 });
    expect(slow.info.timerBackoffs).toBeGreaterThan(0);
    expect(slowGone.info).toMatchObject({ consecutiveRtos: 0, rtoMs: slow.info.rtoMs });
    expect(slowGone.info.unansweredProbes).toBeGreaterThanOrEqual(2);
    for (const { sndWndBytes, sndMssBytes } of [slow.info, slowGone.info]) {
      expect(sndWndBytes).toBeLessThan(sndMssBytes ?? 0);
    }
  }, 90_000);
});
