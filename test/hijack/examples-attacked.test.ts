// Attacks every server in docs/hijack.md and its guide, and every example that hijacks, with requests inside of
// bodies, pipelined requests, and clients that leave. The program must go on, serve only what was sent as a request,
// and close every connection.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root } from "../helpers/docs";
import { until } from "../helpers/servers";
import { AttackedProgram, type Leaving } from "./helpers/attacked-program";

/** It is only sent inside of bodies. */
const INNER = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";

const folder = join(root, "build", "attacked-snippets");

interface Program {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

const examples: Program[] = ["duplex-echo", "rpc-over-connect", "docker-attach"].map((name) => {
  const file = join(root, "examples", name, "server.mjs");
  return { name, file, code: readFileSync(file, "utf8") };
});

/** Named by their headings. */
const snippets: Program[] = ["docs/hijack.md", "docs/guides/take-over-a-connection.md"]
  .flatMap((page) => readFileSync(join(root, page), "utf8").split(/^## /m).slice(1))
  .flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return Array.from(section.matchAll(/^```js\n([^]*?)^```$/gm), ([, code = ""], index) => {
      const name = `${heading}, ${index + 1}`;
      return { name, code, file: join(folder, `${name.replaceAll(/\W+/g, "-")}.mjs`) };
    });
  });

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of snippets) writeFileSync(file, code);
  return () => rmSync(folder, { recursive: true });
});

/** The paths that the program's code contains. */
function pathsIn(code: string): string[] {
  return ["/", ...new Set(Array.from(code.matchAll(/"(\/[a-z][a-z/]*)"/g), ([, path = ""]) => path))];
}

function withBody(start: string, headers = ""): string[] {
  const lines = `${start} HTTP/1.1\r\nHost: a\r\n${headers}`;
  const chunked = `${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`;
  return [
    `${lines}Content-Length: ${INNER.length}\r\n\r\n${INNER}`,
    `${lines}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
  ];
}

const UPGRADE = "Connection: Upgrade\r\nUpgrade: x\r\n";
const CONTINUE = "Expect: 100-continue\r\n";
const LEAVINGS: readonly Leaving[] = ["FIN", "RST", "destroy()"];

/** Checks what an attack has done. `servedBefore` is the number of requests that were served before it. */
async function endAttack(program: AttackedProgram, code: string, servedBefore: number): Promise<void> {
  program.expectNothingUncaught();
  // A program that closes its server ends once all clients have left.
  const mayEnd = code.includes("await hijackClientRequest");
  if (program.isOver) expect([mayEnd, program.exitCode]).toEqual([true, 0]);
  const report = await program.report();
  if (!report) return;
  expect(report.served.length).toBeGreaterThan(servedBefore);
  expect(report.served.filter((request) => request.endsWith("/inner"))).toEqual([]);
  let open = report.open;
  await until(() => {
    void program.report().then((later) => (open = later?.open ?? 0));
    return open === 0;
  });
  if (mayEnd) return;
  const answer = await program.visit("GET /ordinary HTTP/1.1\r\nHost: a\r\n\r\n", "FIN");
  expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /);
  program.expectNothingUncaught();
}

type Attack = (program: AttackedProgram, path: string) => Promise<void>;

const ATTACKS: Record<string, Attack> = {
  "requests inside of bodies": async (program, path) => {
    for (const leaving of LEAVINGS) {
      for (const method of ["POST", "GET"]) {
        for (const headers of ["", UPGRADE, CONTINUE]) {
          for (const bytes of withBody(`${method} ${path}`, headers)) await program.visit(bytes, leaving);
        }
      }
      // The bytes after CONNECT are not HTTP, whether it is accepted or not.
      await program.visit(`CONNECT ${path} HTTP/1.1\r\nHost: a\r\n\r\n${INNER}`, leaving);
    }
  },
  "a request after a request": async (program, path) => {
    for (const method of ["POST", "GET"]) {
      const first = `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
      for (const leaving of LEAVINGS) {
        await program.visit(`${first}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`, leaving);
        await program.visit(`${first}${first}`, leaving);
        await program.visit(`${first}GET /ne`, leaving);
        // Its turn comes only after the answer to the first.
        await program.visit(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${first}`, leaving);
      }
    }
  },
  "clients that leave, at once or after a byte": async (program, path) => {
    const request = `POST ${path} HTTP/1.1\r\nHost: a\r\n`;
    const starts = ["", "G", `${request}\r\n`, `${request}\r\nx`, `${request}Content-Length: 5\r\n\r\nx`];
    for (const bytes of starts) {
      for (const leaving of LEAVINGS) await program.visit(bytes, leaving, { atOnce: true });
    }
  },
};

// All attacks use one process. If it has ended in order, the next attack starts another one.
test.each([...snippets, ...examples])("$name", async ({ file, code }) => {
  let program: AttackedProgram | undefined;
  for (const [name, attack] of Object.entries(ATTACKS)) {
    if (!program || program.isOver) program = await AttackedProgram.start(file);
    const servedBefore = (await program.report())?.served.length ?? 0;
    try {
      for (const path of pathsIn(code)) await attack(program, path);
      await endAttack(program, code, servedBefore);
    } catch (cause) {
      throw new Error(`after ${name}`, { cause });
    }
  }
});
