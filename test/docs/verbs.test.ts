// Every exported function begins with a verb that CONTRIBUTING.md explains, and every verb there is in use.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";
import { functions } from "../helpers/exports";

const section = readFileSync(join(root, "CONTRIBUTING.md"), "utf8").split("\n## Names\n")[1]?.split("\n## ")[0] ?? "";
const verbs = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.match(/\w+/g) ?? []);
const verbOf = (name: string) => verbs.find((verb) => new RegExp(`^${verb}([A-Z]|$)`).test(name));

test("every exported function begins with one of the verbs", () => {
  expect([...functions.keys()].filter((name) => verbOf(name) === undefined)).toEqual([]);
});

test("every verb is in use", () => {
  const used = [...functions.keys()].map((name) => verbOf(name));
  expect(verbs.filter((verb) => !used.includes(verb))).toEqual([]);
});
