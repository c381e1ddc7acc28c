// docs/top.md has the keys, orders, columns, properties and the screen of the program.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ORDERS } from "../../src/cli/top/frame";
import { KEYS } from "../../src/cli/top/keys";
import { TABLE_COLUMNS } from "../../src/cli/top/table-columns";
import { top } from "../../src/cli/top/top";
import { root } from "../helpers/docs";

const PAGE = join(root, "docs/top.md");
const page = readFileSync(PAGE, "utf8");

function section(title: string): string {
  return page.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? "";
}

test("the keys, and the screen, are those of the program", async () => {
  const rows = KEYS.map(
    ({ keys, help }) =>
      `| ${keys
        .split(" ")
        .map((key) => `\`${key}\``)
        .join(", ")} | ${help} |`,
  );
  const table = ["| Keys | Meaning |", "| --- | --- |", ...rows, ""].join("\n");
  const screen = readFileSync(join(root, "test/cli/top/screens/80.txt"), "utf8");
  const written = page
    .replace(/\| Keys \| Meaning \|\n(\|.*\n)+/, () => table)
    .replace(/```console screen\n[^]*?```/, () => `\`\`\`console screen\n${screen}\`\`\``);
  await expect(written).toMatchFileSnapshot(PAGE);
});

test("every column is explained", () => {
  const cells = section("Columns")
    .split("\n")
    .map((line) => line.split("|")[1] ?? "");
  const documented = cells.flatMap((cell) => cell.match(/\b[A-Z]{2,}\b/g) ?? []);
  expect(new Set(documented)).toEqual(new Set(TABLE_COLUMNS.map(({ title }) => title)));
});

test("every option and every order is named", () => {
  const rows = section("What it looks at").match(/^\| .*`--\S+/gm) ?? [];
  expect(rows.map((row) => /--(\w+)/.exec(row)?.[1])).toEqual(Object.keys(top.options));
  const help = top.details?.join(" ") ?? "";
  for (const order of ORDERS) expect(help).toMatch(new RegExp(`[ ,]${order}[,.]`));
});

test("each property of a line of JSON is in the schema", () => {
  const source = readFileSync(join(root, "src/cli/top/frame.ts"), "utf8");
  const propertiesOf = (text: string): Set<string> =>
    new Set([...text.matchAll(/^\s+readonly (\w+)\??:/gm)].map(([, name]) => name as string));
  const schema = propertiesOf(section("Pipes and JSON"));
  schema.delete("version");
  expect(schema).toEqual(propertiesOf(source));
});
