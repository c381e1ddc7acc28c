// The hysteresis as a pure function, without sockets and clocks: examples, and random looks against the rule in words.
import { expect, test } from "vitest";
import { CALM, CONDITIONS, conditionsIn, nextHealth, type Seen } from "../../../src/connections/health/conditions";
import type { HealthCondition } from "../../../src/connections/health/types";
import { CALM_STREAK, nextStreak, type Patience } from "../../../src/connections/health/hysteresis";
import { tableRows } from "../../helpers/docs";
import { Random } from "../../helpers/random";

/** `+` saw the condition, `-` did not, `?` could not tell. */
const SEEN: Readonly<Record<string, boolean | undefined>> = { "+": true, "-": false, "?": undefined };

/** Whether the condition holds after each look: `#` or `.`. */
function run(looks: string, patience: Patience): string {
  let streak = CALM_STREAK;
  const marks = looks.split("").map((look) => {
    streak = nextStreak(streak, SEEN[look], patience);
    return streak.holds ? "#" : ".";
  });
  return marks.join("");
}

test.each([
  ["one odd look causes nothing", "+-+-+-+-", "........"],
  ["two in a row begin it, and three end it", "++------", ".###...."],
  ["the row begins again after a calm look", "+-++----", "...###.."],
  ["one or two calm looks do not end it", "++-+--+--+---", ".###########."],
  ["looks that can't tell change nothing, and break no row", "+?+?-?-?-?", "..######.."],
  ["nor do they begin anything", "????", "...."],
])("%s", (_, looks, marks) => {
  expect(run(looks, { toBegin: 2, toEnd: 3 })).toBe(marks);
});

test("random looks: it changes when the last looks that could tell all contradict it", () => {
  const random = new Random(16);
  const wrong: unknown[] = [];
  for (let round = 0; round < 2000; round++) {
    const patience = { toBegin: 1 + random.below(3), toEnd: 1 + random.below(4) };
    const looks = Array.from({ length: 30 }, () => random.pick(["+", "-", "?"])).join("");
    const marks = run(looks, patience);
    for (const [index, look] of looks.split("").entries()) {
      const held = index > 0 && marks[index - 1] === "#";
      const lastOther = index > 0 ? marks.lastIndexOf(held ? "." : "#", index - 1) : -1;
      const since = held || lastOther >= 0 ? lastOther + 2 : 0;
      const told = looks.slice(since, index + 1).replaceAll("?", "");
      const contrary = (held ? "-" : "+").repeat(held ? patience.toEnd : patience.toBegin);
      const changes = look !== "?" && told.endsWith(contrary);
      if ((marks[index] === "#") !== (changes ? !held : held)) wrong.push({ patience, looks, marks, index });
    }
  }
  expect(wrong).toEqual([]);
});

const NOTHING: Seen = { stalled: false, "slow-reader": false, lossy: false, unsent: false };

/** How many looks in a row it takes until the condition begins and ends. */
function looksOf(name: HealthCondition): { toBegin: number; toEnd: number } {
  let [health, toBegin, toEnd] = [CALM, 0, 0];
  for (; !health[name].holds; toBegin++) health = nextHealth(health, { ...NOTHING, [name]: true });
  expect(conditionsIn(health)).toEqual([name]);
  for (; health[name].holds; toEnd++) health = nextHealth(health, NOTHING);
  // Connections that are well share one object.
  expect(health).toBe(CALM);
  return { toBegin, toEnd };
}

test("each condition has its own number of looks, as documented", () => {
  const rows = tableRows("docs/watch-health.md", /^"[a-z-]+"$/).filter(([, begins = ""]) => /^\d/.test(begins));
  const documented = rows.map(([name, begins = "", ends = ""]) => {
    return [name?.replaceAll('"', ""), Number.parseInt(begins, 10), Number.parseInt(ends, 10)];
  });
  const actual = CONDITIONS.map((name) => [name, looksOf(name).toBegin, looksOf(name).toEnd]);
  expect(documented).toEqual(actual);
});

test("conditions do not disturb each other, and their list is one frozen object for each combination", () => {
  const both = { ...NOTHING, "slow-reader": true, unsent: true };
  const health = nextHealth(nextHealth(CALM, both), both);
  expect(conditionsIn(health)).toEqual(["slow-reader", "unsent"]);
  expect(conditionsIn(health)).toBe(conditionsIn({ ...health }));
  expect(Object.isFrozen(conditionsIn(health))).toBe(true);
  expect(nextHealth(health, { stalled: undefined, "slow-reader": true, lossy: undefined, unsent: true })).toBe(health);
});
