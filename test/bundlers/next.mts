// Next.js, with both of its bundlers: a route handler, an API route and the instrumentation file in its standalone output, and the
// server of docs/loading.md. Used by bundlers.mts.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { once } from "node:events";
import { join, relative } from "node:path";
import { check, checkEqual } from "../helpers/check";
import { titledSnippet } from "../helpers/docs";
import { copyInto, makeTarget } from "./deploy.mts";
import { external } from "./settings.mts";

const here = import.meta.dirname;
const listenAnywhere = join(here, "../docs/listen-anywhere.mjs");
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };

interface RouteAnswer {
  readonly unsupported?: string;
  readonly refusal: string;
  readonly rttMs: string | null;
}

/** What the routes say, and what the server printed. */
interface Answers {
  readonly answer: RouteAnswer;
  readonly takenIn: RouteAnswer;
  readonly api: string;
  readonly printed: string;
}

export async function tryNext(project: string, checkRefusal: (what: string, answer: string) => void): Promise<void> {
  writeFileSync(join(project, "next-server.mjs"), titledSnippet("docs/loading.md", "next-server.mjs"));
  // The same under a name that the setting does not have: taken in by the same build.
  cpSync(join(project, "node_modules/sockinfo"), join(project, "node_modules/sockinfo-taken-in"), { recursive: true });
  const route = readFileSync(join(project, "app/answer/route.js"), "utf8");
  mkdirSync(join(project, "app/taken-in"));
  writeFileSync(join(project, "app/taken-in/route.js"), route.replace('"sockinfo"', '"sockinfo-taken-in"'));

  for (const bundler of ["webpack", "turbopack"]) {
    const { answer, takenIn, api, printed } = await serve(build(project, bundler), "server.js");
    checkEqual(`Next.js, ${bundler}: a route handler`, answer, { refusal: "ERR_SOCKINFO_NO_SOCKET", rttMs: null });
    checkEqual(`Next.js, ${bundler}: an API route`, api, "ESTABLISHED");
    check(`Next.js, ${bundler}: instrumentation`, printed.includes("INSTRUMENTATION true"), printed);
    checkRefusal(`Next.js, ${bundler}: taken in, without the binary`, takenIn.unsupported ?? "");
  }
  // Of the last build.
  const { answer } = await serve(project, "next-server.mjs");
  check("Next.js: the server of the documentation hands over the round-trip time", Number(answer.rttMs) > 0, answer);
}

/** The folder with the standalone server. */
function build(project: string, bundler: string): string {
  writeFileSync(
    join(project, "next.config.mjs"),
    `export default { output: "standalone", outputFileTracingRoot: ${JSON.stringify(here)}, ${external("Next.js")} };`,
  );
  rmSync(join(project, ".next"), { recursive: true, force: true });
  const next = join(here, "node_modules/next/dist/bin/next");
  execFileSync(process.execPath, [next, "build", `--${bundler}`], {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const target = makeTarget();
  copyInto(target, join(project, ".next/standalone"), ".");
  return join(target, relative(here, project));
}

async function serve(folder: string, file: string): Promise<Answers> {
  const parameters = ["--import", listenAnywhere, file];
  const child = spawn(process.execPath, parameters, {
    cwd: folder,
    env: { ...env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  // Not an error: that of the documentation's server says that it is not the standalone one.
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${file} of Next.js ended:\n${printed}`)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      const found = /^LISTENING (\d+)$/m.exec(printed)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  try {
    const answer = JSON.parse(await get(port, "/answer")) as RouteAnswer;
    const takenIn = JSON.parse(await get(port, "/taken-in")) as RouteAnswer;
    const api = await get(port, "/api/answer");
    return { answer, takenIn, api, printed };
  } finally {
    child.kill();
  }
}

async function get(port: number, path: string): Promise<string> {
  const [response] = (await once(http.get({ host: "127.0.0.1", port, path, agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return text;
}
