// The examples of one file work: each is started, and the curl command that it prints is run. node-https needs
// openssl.
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { findFreePort, socketPath } from "../helpers/servers";

const FOLDER = join(__dirname, "../../examples");
const OVER_TCP = ["express", "fastify", "hono", "koa", "node-http", "node-http2", "node-https"];

function run(
  program: string,
  parameters: readonly string[],
  port?: number,
): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const env = { ...process.env, ...(port !== undefined && { PORT: String(port) }) };
  const child = spawn(program, parameters, { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  return child;
}

/** Starts an example and runs the command that it prints when it is ready. */
async function callExample(
  name: string,
  parameters: readonly string[] = [],
): Promise<{ answer: unknown; curlPid: number | undefined }> {
  const example = run(process.execPath, [join(FOLDER, `${name}.mjs`), ...parameters], await findFreePort());
  for await (const line of createInterface(example.stdout)) {
    const [program = "", ...words] = line.split(" ");
    if (program !== "curl") continue;
    const curl = run(program, ["--silent", "--show-error", "--fail", "--max-time", "10", ...words]);
    return { answer: JSON.parse(await text(curl.stdout)), curlPid: curl.pid };
  }
  throw new Error(`${name} printed no command`);
}

test.skipIf(lacks("curl", "openssl")).for(OVER_TCP)("%s answers with TCP_INFO of the connection", async (name) => {
  const { answer } = await callExample(name);
  const positive: unknown = expect.toSatisfy((value) => typeof value === "number" && value > 0);
  expect(answer).toEqual({ rttMs: positive, sndCwndBytes: positive, retransmittedSegments: 0 });
});

test.skipIf(lacks("curl"))("unix-daemon answers with the credentials of curl", async () => {
  const { answer, curlPid } = await callExample("unix-daemon", [socketPath()]);
  expect(answer).toMatchObject({ uid: process.getuid?.(), gid: process.getgid?.(), pid: curlPid });
});

/** The examples with a folder. Their tests are in the folders of test/ that their subpaths have. */
const FOLDERS = [
  "connection-log",
  "context",
  "docker-attach",
  "duplex-echo",
  "local-daemon",
  "opentelemetry",
  "prometheus",
  "response-variant",
  "rpc-over-connect",
  "slow-clients",
];

test("every example is tested, and listed in the README", () => {
  const examples = readdirSync(FOLDER).filter((name) => name !== "certificate.mjs" && name !== "README.md");
  const expected = [...FOLDERS, ...[...OVER_TCP, "unix-daemon"].map((name) => `${name}.mjs`)];
  expect(examples.toSorted()).toEqual(expected.toSorted());
  const readme = readFileSync(join(FOLDER, "README.md"), "utf8");
  expect(examples.filter((name) => !readme.includes(`](${name})`))).toEqual([]);
});
