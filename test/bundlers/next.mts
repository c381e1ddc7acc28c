// Next.js, with both of its bundlers: a route handler, an API route and the instrumentation file in its standalone output, and the
// server of docs/loading.md. Used by bundlers.mts.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { once } from "node:events";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
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
  readonly currentState: string;
  readonly currentPorts: readonly (number | undefined)[];
  readonly rttMs: string | null;
}

/** What a route answers, and from which port it was asked. */
interface Exchange<Answer> {
  readonly answer: Answer;
  readonly localPort: number;
}

/** What the routes say, and what the server printed. */
interface Answers {
  readonly get: Exchange<RouteAnswer>;
  readonly post: Exchange<Pick<RouteAnswer, "currentPorts">>;
  readonly takenIn: Exchange<RouteAnswer>;
  readonly api: string;
  readonly printed: string;
}

export async function tryNext(project: string, checkRefusal: (what: string, answer: string) => void): Promise<void> {
  writeFileSync(join(project, "next-server.mjs"), titledSnippet("docs/loading.md", "next-server.mjs"));
  // The same under a name that the setting does not have: taken in by the same build.
  cpSync(join(project, "node_modules/sockinfo"), join(project, "node_modules/sockinfo-taken-in"), { recursive: true });
  const route = readFileSync(join(project, "app/answer/route.js"), "utf8");
  mkdirSync(join(project, "app/taken-in"));
  writeFileSync(join(project, "app/taken-in/route.js"), route.replaceAll('"sockinfo', '"sockinfo-taken-in'));

  for (const bundler of ["webpack", "turbopack"]) {
    const { get, post, takenIn, api, printed } = await serve(build(project, bundler), "server.js");
    checkEqual(`Next.js, ${bundler}: a route handler`, get.answer, {
      refusal: "ERR_SOCKINFO_NO_SOCKET",
      currentState: "ESTABLISHED",
      currentPorts: [get.localPort],
      rttMs: null,
    });
    const { currentPorts } = post.answer;
    checkEqual(`Next.js, ${bundler}: with a body`, currentPorts, [post.localPort, post.localPort]);
    // Enabled by the other copy.
    const takenInPorts = takenIn.answer.currentPorts;
    checkEqual(`Next.js, ${bundler}: taken in, getCurrentSocket()`, takenInPorts, [takenIn.localPort]);
    checkEqual(`Next.js, ${bundler}: an API route`, api, "ESTABLISHED");
    check(`Next.js, ${bundler}: instrumentation`, printed.includes("INSTRUMENTATION true"), printed);
    checkRefusal(`Next.js, ${bundler}: taken in, without the binary`, takenIn.answer.unsupported ?? "");
  }
  // Of the last build.
  const { get } = await serve(project, "next-server.mjs");
  const { rttMs, currentPorts } = get.answer;
  check("Next.js: the server of the documentation hands over the round-trip time", Number(rttMs) > 0, get.answer);
  checkEqual("Next.js: getCurrentSocket() under a server of one's own", currentPorts, [get.localPort]);
}

/** Beside Next.js only here. Its server would take them along, and reading them all takes a third of the build. */
const NOT_OF_USERS = [
  "webpack",
  "terser",
  "esbuild",
  "@esbuild",
  "lightningcss",
  "postcss",
  "browserslist",
  "caniuse-lite",
];

/** The folder with the standalone server. */
function build(project: string, bundler: string): string {
  const settings = {
    output: "standalone",
    outputFileTracingRoot: here,
    outputFileTracingExcludes: { "next-server": [`node_modules/{${NOT_OF_USERS.join(",")}}/**`] },
  };
  writeFileSync(
    join(project, "next.config.mjs"),
    `export default { ...${JSON.stringify(settings)}, ${external("Next.js")} };`,
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
    timeout: 60_000,
  });
  let printed = "";
  // Not an error: that of the documentation's server says that it is not the standalone one.
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${file} of Next.js ended:\n${printed}`)));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
      const found = /^LISTENING (\d+)$/m.exec(printed)?.[1];
      // It listens before it is ready: a request that comes sooner began before enableCurrentSocket().
      if (found !== undefined && printed.includes("INSTRUMENTATION")) resolve(Number(found));
    });
  });
  try {
    return {
      get: parsed(await ask(port, "/answer")),
      post: parsed(await ask(port, "/answer", "a body")),
      takenIn: parsed(await ask(port, "/taken-in")),
      api: (await ask(port, "/api/answer")).answer,
      printed,
    };
  } finally {
    child.kill();
  }
}

function parsed<Answer>({ answer, localPort }: Exchange<string>): Exchange<Answer> {
  return { answer: JSON.parse(answer) as Answer, localPort };
}

/** With a body, that is sent in two parts. */
async function ask(port: number, path: string, body?: string): Promise<Exchange<string>> {
  const method = body === undefined ? "GET" : "POST";
  const request = http.request({ host: "127.0.0.1", port, path, method, agent: false });
  const responded = once(request, "response") as Promise<[http.IncomingMessage]>;
  if (body !== undefined) {
    request.write(body);
    await once(request, "socket");
    await new Promise((resolve) => setImmediate(resolve));
  }
  request.end(body);
  const [response] = await responded;
  const { localPort } = response.socket as { localPort: number };
  return { answer: await text(response), localPort };
}
