// The table of verdicts in docs/diagnose-tcp.md, the rules, and the closed lists of the types are the same.
import { describe, expect, test } from "vitest";
import { DARWIN_RULES } from "../../src/diagnosis/darwin-rules";
import { LINUX_RULES, type Rule, SECOND_RULES } from "../../src/diagnosis/rules";
import { tableRows } from "../helpers/docs";
import { apart, captureOf, captures, diagnose } from "./captures";
import { causes, membersOf } from "./closed-lists";

const rows = tableRows("docs/diagnose-tcp.md", /^"/);
const unquoted = (cell = "") => cell.replaceAll('"', "") || undefined;
const documented = rows.map(([verdict, cause, measure]) => [verdict, cause, measure].map(unquoted).join());
const namesOf = ({ verdict, cause, proof }: Rule) => [verdict, cause, proof?.[0]].join();

test("the table has the rules, in their order", () => {
  expect(documented).toEqual([...new Set(LINUX_RULES.map(namesOf))]);
});

test("the rules for macOS, and those for a second finding, are among them", () => {
  const others = [...DARWIN_RULES, ...SECOND_RULES].map(namesOf).filter((name) => !documented.includes(name));
  expect(others).toEqual(["idle,,intervalMs"]);
});

describe("the types list what the rules use", () => {
  const rules = [...LINUX_RULES, ...DARWIN_RULES];
  test.each([
    ["TcpVerdict", membersOf("TcpVerdict"), rules.map(({ verdict }) => verdict)],
    ["TcpCauses", causes(), rules.flatMap(({ cause }) => cause ?? [])],
    ["TcpMeasure", membersOf("TcpMeasure"), rules.flatMap(({ proof }) => proof?.[0] ?? [])],
  ])("%s", (_, members, used) => {
    expect(members.toSorted()).toEqual([...new Set<string>(used)].toSorted());
  });
});

test("the sentences of the table are those of recorded connections, but for the numbers", () => {
  const withoutNumbers = (sentence: string) =>
    sentence.replaceAll(/[\d.]+ (ms|s|min|bytes|kB|MB|GB|%)(?=\W|$)/g, "#").replaceAll(/\d+/g, "#");
  const sentences = new Map(
    rows.map(([verdict, cause, , sentence]) => [`${unquoted(verdict)},${unquoted(cause) ?? ""}`, sentence ?? ""]),
  );
  const seen = captures.map((capture) => diagnose(capture));
  const drip = captureOf("drip.cubic");
  seen.push(
    diagnose(apart(drip, 200)),
    diagnose({ ...captureOf("bandwidth.cubic"), intervalMs: 500 }),
    diagnose(drip.cutTo(104)),
    ...(["CLOSED", "FIN_WAIT_2", "SYN_SENT"] as const).map((state) =>
      diagnose({ ...drip, after: { ...drip.after, state, unackedSegments: 0, notSentBytes: 0 } }),
    ),
    diagnose({ ...drip, after: { ...drip.after, isMptcp: true } }),
  );
  const known = new Set(
    seen.map(({ verdict, cause, sentence }) => `${verdict},${cause ?? ""}: ${withoutNumbers(sentence)}`),
  );
  const unknown = [...sentences].filter(([name, sentence]) => !known.has(`${name}: ${withoutNumbers(sentence)}`));
  // No path of the laboratory lets a connection grow for a second.
  expect(unknown.map(([name]) => name)).toEqual(["healthy,growing"]);
});
