// The recipe of docs/guides/drop-dead-clients.md, as it stands there, of peers that are idle, read nothing, or can't be reached. Needs root:
// lossy-path.cc.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinuxTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { root, titledSnippet } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { overLossyPath } from "./helpers/lossy-path";

type Name = "idle" | "unanswered" | "slow" | "idleGone" | "slowGone" | "back";

interface Look {
  /** What the recipe has said. */
  readonly verdicts: string[];
  readonly info: LinuxTcpInfo;
}

describe.skipIf(lacks("linux", "tun", "compiler"))("dead, slow or idle?", () => {
  const run = overLossyPath<Record<Name, Look>>("dead-slow-idle.mjs");

  test("is told as the documentation says", async () => {
    // Inside the checkout, so that `sockinfo` is found as in a user's project.
    const folder = join(root, "build", "dead-slow-idle");
    mkdirSync(folder, { recursive: true });
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const recipe = join(folder, "recipe.mjs");
    writeFileSync(recipe, titledSnippet("docs/guides/drop-dead-clients.md", "dead-slow-idle.mjs"));

    const looks = await run(recipe);
    const verdicts = Object.fromEntries(Object.entries(looks).map(([name, look]) => [name, look.verdicts]));
    expect(verdicts).toEqual({
      idle: ["idle", "idle"],
      unanswered: ["dead", "dead"],
      slow: ["slow", "slow"],
      // A dead peer that nothing is sent to can't be told from an idle one.
      idleGone: ["idle", "idle"],
      slowGone: ["dead", "dead"],
      back: ["idle", "idle"],
    });

    // The rows of the table. `timerBackoffs` grows for a living peer, too.
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
