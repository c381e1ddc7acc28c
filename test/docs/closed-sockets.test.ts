// No printed program of a plain Node server calls a function that throws for a closed socket, except inside a `try`.
// Node may call the handler of a pipelined request after the client has reset the connection, and catches no errors.
import { expect, test } from "vitest";
import { pages, snippetsOf } from "../helpers/docs";
import { functions } from "../helpers/exports";

const tryFormOf = (name: string) => `try${name[0]?.toUpperCase()}${name.slice(1)}`;

/** getConnection also finds closed connections, and measureRequest rejects. */
const SAFE = ["getConnection", "measureRequest"];
const THROWING = [
  ...[...functions.keys()].filter((name) => functions.has(tryFormOf(name)) && !SAFE.includes(name)),
  "getFd",
  "getSocket",
  "getTcpInfoBytes",
];

/** The calls that can end the process of a server. */
function throwingCalls(code: string): string[] {
  if (!/\bcreate(Secure)?Server\(/.test(code)) return [];
  const readers = Array.from(code.matchAll(/(\w+) = createTcpInfoReader\(/g), ([, name = ""]) => name);
  const outside = code
    .replaceAll(/^( *)try \{\n[^]*?^\1\} catch/gm, "") // Programs are formatted, so the indentation ends the block.
    .replaceAll("getFd(server)", ""); // A server is no connection of a client.
  return outside.match(new RegExp(`\\b(${[...THROWING, ...readers].join("|")})\\(`, "g")) ?? [];
}

const printed = pages.flatMap((page) =>
  snippetsOf(page)
    .filter(({ language }) => language === "js" || language === "ts")
    .map(({ code }, index) => [`${page}, ${index + 1}`, code] as const),
);

test.each(printed)("%s", (_, code) => expect(throwingCalls(code)).toEqual([]));

test("the rule finds calls in handlers, and none inside a `try`", () => {
  const handler = (body: string) => `http\n  .createServer((req, res) => {\n${body}\n  })\n  .listen(3000);\n`;
  const call = "    const { rttMs } = getTcpInfo(req);";
  expect(throwingCalls(handler(call))).toEqual(["getTcpInfo("]);
  expect(throwingCalls(handler("    res.end(String(getFd(req)));"))).toEqual(["getFd("]);
  expect(throwingCalls(`const read = createTcpInfoReader(["rttMs"]);\n${handler("    read(req);")}`)).toEqual([
    "read(",
  ]);
  expect(throwingCalls(handler(`    try {\n  ${call}\n    } catch {}`))).toEqual([]);
  expect(throwingCalls(handler(`    try {\n  ${call}\n    } finally {}`))).toEqual(["getTcpInfo("]);
  expect(throwingCalls(handler("    const info = tryGetTcpInfo(req);"))).toEqual([]);
});
