// Every JavaScript snippet of README.md and docs/ runs, as it stands there, and does what the text around it says.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { once } from "node:events";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../helpers/docs";

/** What each snippet, in the order of its file, answers to a request, or prints where it has no server. */
const EXPECTED: Record<string, { answers?: RegExp; prints?: RegExp }[]> = {
  "README.md": [
    { answers: /^round trip [\d.]+ ms, window \d+ bytes, 0 retransmitted\n$/ },
    { answers: /^ok\n$/, prints: /^\/ [\d.]+$/m },
    { answers: /^\{"rttMs":[\d.]+\}$/ },
    { answers: /^\{"rttMs":[\d.]+\}$/ },
    {
      answers: new RegExp(
        `^uid ${process.getuid?.()}, gid ${process.getgid?.()}, groups [\\d,]*, process ${process.pid}\n$`,
      ),
    },
    { answers: /^ok\n$/, prints: /^server-end [\d.]+ 1 [\d.]+ 0$/m },
    { prints: /^supported$/ },
  ],
  "docs/connections.md": [
    { answers: /^ok\n$/, prints: /^127\.0\.0\.1 server-end [\d.]+ 1 [\d.]+ 0$/m },
    { answers: /^connection 1, http\/1\.1, 0 requests before this one\n$/ },
    { answers: /^1 different paths from 127\.0\.0\.1\n$/ },
    { answers: /^ok\n$/, prints: /^1: undefined to new\n1: new to active\n1: active to closed$/m },
    { answers: /^x{10000}$/, prints: /^\/ [\d.]+ 10\d{3} 0 (true|false)$/m },
    { answers: /^\{"rttMs":[\d.]+\}$/ },
    {
      answers: /^1 connections, 90 % of them with round trips of at most [\d.]+ ms\n$/,
      prints: /^1 active \d+$/m,
    },
    { answers: process.platform === "linux" ? /^0 of \d+ are waiting\n$/ : /^undefined of undefined are waiting\n$/ },
  ],
  "docs/errors.md": [{ prints: /^ERR_SOCKINFO_INVALID_ARGUMENT$/ }],
  "docs/loading.md": [{ prints: /^sockinfo can be used$/ }],
  "docs/peer-credentials.md": [{ answers: /^from 127\.0\.0\.1\n$/ }],
  "docs/sources.md": [{ answers: /^127\.0\.0\.1:\d+ is descriptor \d+\n$/ }],
  "docs/tcp-info.md": [{ answers: /^\d+: ESTABLISHED\n$/ }, { answers: /^ESTABLISHED\n$/ }],
};

const snippetsOf = (file: string) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code as string);

/** Inside the checkout, so that `sockinfo` and the frameworks are found as in a user's project. */
const folder = join(root, "build", "snippets");

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  return () => rmSync(folder, { recursive: true });
});

async function get(where: string): Promise<string> {
  const target = /^\d+$/.test(where) ? { host: "127.0.0.1", port: Number(where) } : { socketPath: where };
  const [response] = (await once(http.get({ ...target, agent: false }), "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}

/** Runs a snippet until it has ended by itself or, being a server, has answered once and printed what it should. */
async function run(name: string, code: string, prints?: RegExp): Promise<{ answer: string; printed: string }> {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, code);
  const preload = ["--import", join(root, "test/docs/listen-anywhere.mjs")];
  const child = spawn(process.execPath, [...preload, file], { stdio: ["ignore", "pipe", "inherit"] });
  let [answer, printed] = ["", ""];
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    printed += chunk as string;
    const where = /^LISTENING (.*)$/m.exec(printed)?.[1];
    if (where === undefined) continue;
    if (answer === "") {
      answer = await get(where);
      // Else the test would not say what is missing.
      setTimeout(() => child.kill(), 10_000).unref();
    }
    if (prints === undefined || prints.test(printed)) child.kill();
  }
  return { answer, printed: printed.replace(/^LISTENING .*\n/m, "").trim() };
}

describe.each(Object.entries(EXPECTED))("%s", (file, expectations) => {
  const snippets = snippetsOf(file);

  test("each snippet has its expectation here", () => expect(snippets).toHaveLength(expectations.length));

  test.each(snippets.map((code, index) => [index + 1, code] as const))("snippet %i", async (number, code) => {
    const { answers, prints } = expectations[number - 1] ?? {};
    const { answer, printed } = await run(`${file.replace(/\W/g, "-")}-${number}`, code, prints);
    if (answers) expect(answer).toMatch(answers);
    if (prints) expect(printed).toMatch(prints);
  });
});
