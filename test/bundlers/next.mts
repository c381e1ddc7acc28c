// Next.js with both of its bundlers: a route handler, an API route and the instrumentation file in its standalone
// output, and the server of docs/loading.md.
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

/** The answer of a route, and the client's port. */
interface Exchange<Answer> {
  readonly answer: Answer;
  readonly localPort: number;
}

/** The answers of the routes, and the output of the server. */
interface Answers {
  readonly get: Exchange<RouteAnswer>;
  readonly post: Exchange<Pick<RouteAnswer, "currentPorts">>;
  readonly bundled: Exchange<RouteAnswer>;
  readonly api: string;
  readonly printed: string;
}

export async function tryNext(project: string, checkRefusal: (what: string, answer: string) => void): Promise<void> {
  writeFileSync(join(project, "next-server.mjs"), titledSnippet("docs/loading.md", "next-server.mjs"));
  // A copy under a name that the setting does not mention, so the same build bundles it.
  cpSync(join(project, "node_modules/sockinfo"), join(project, "node_modules/sockinfo-bundled"), { recursive: true });
  const route = readFileSync(join(project, "app/answer/route.js"), "utf8");
  mkdirSync(join(project, "app/bundled"));
  writeFileSync(join(project, "app/bundled/route.js"), route.replaceAll('"sockinfo', '"sockinfo-bundled'));

  for (const bundler of ["webpack", "turbopack"]) {
    const { get, post, bundled, api, printed } = await serve(build(project, bundler), "server.js");
    checkEqual(`Next.js, ${bundler}: a route handler`, get.answer, {
      refusal: "ERR_SOCKINFO_NO_SOCKET",
      currentState: "ESTABLISHED",
      currentPorts: [get.localPort],
      rttMs: null,
    });
    const { currentPorts } = post.answer;
    checkEqual(`Next.js, ${bundler}: with a body`, currentPorts, [post.localPort, post.localPort]);
    // The other copy has called enableCurrentSocket().
    const bundledPorts = bundled.answer.currentPorts;
    checkEqual(`Next.js, ${bundler}: bundled, getCurrentSocket()`, bundledPorts, [bundled.localPort]);
    checkEqual(`Next.js, ${bundler}: an API route`, api, "ESTABLISHED");
    check(`Next.js, ${bundler}: instrumentation`, printed.includes("INSTRUMENTATION true"), printed);
    checkRefusal(`Next.js, ${bundler}: bundled, without the binary`, bundled.answer.unsupported ?? "");
  }
  // Uses the last build.
  const { get } = await serve(project, "next-server.mjs");
  const { rttMs, currentPorts } = get.answer;
  check("Next.js: the documented server passes the round-trip time to the route", Number(rttMs) > 0, get.answer);
  checkEqual("Next.js: getCurrentSocket() with a custom server", currentPorts, [get.localPort]);
}

/**
 * Packages of this suite that users do not have. Next.js would trace them into the standalone server, which takes a
 * third of the build.
 */
const PACKAGES_OF_SUITE = [
  "webpack",
  "terser",
  "esbuild",
  "@esbuild",
  "lightningcss",
  "postcss",
  "browserslist",
  "caniuse-lite",
];

/** Builds the project and returns the folder of the standalone server. */
function build(project: string, bundler: string): string {
  const settings = {
    output: "standalone",
    outputFileTracingRoot: here,
    outputFileTracingExcludes: { "next-server": [`node_modules/{${PACKAGES_OF_SUITE.join(",")}}/**`] },
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
  // Output on standard error is no failure: Next.js prints there that the documented server is not the standalone one.
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`${file} of Next.js exited:\n${printed}`)));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      printed += chunk;
      const found = /^LISTENING (\d+)$/m.exec(printed)?.[1];
      // The server listens before it is ready. An earlier request would begin before enableCurrentSocket().
      if (found !== undefined && printed.includes("INSTRUMENTATION")) resolve(Number(found));
    });
  });
  try {
    return {
      get: parsed(await ask(port, "/answer")),
      post: parsed(await ask(port, "/answer", "a body")),
      bundled: parsed(await ask(port, "/bundled")),
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

/** Sends a request. A body is sent after the headers, in a second part. */
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
