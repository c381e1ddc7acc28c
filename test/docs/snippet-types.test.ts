// Every snippet of README.md and docs/ compiles as strict TypeScript, unchanged. The printed signatures are those of
// the package, and every exported function has its signature on one page.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { pages, root, snippetsOf, type Snippet } from "../helpers/docs";
import { functions } from "../helpers/exports";

/**
 * Checks that users switch on besides `strict`. Without noUnusedParameters, because handlers have unused parameters.
 */
const compilerOptions = {
  target: "es2022",
  lib: ["es2023"],
  module: "node20",
  types: ["node"],
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noUncheckedIndexedAccess: true,
};

/**
 * The part of Next.js that docs/loading.md uses. Next.js itself is installed for test/bundlers only, which runs it.
 */
const NEXT = `declare module "next" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  export default function next(options: { dev?: boolean }): {
    prepare(): Promise<void>;
    getRequestHandler(): (req: IncomingMessage, res: ServerResponse) => Promise<void>;
  };
}
`;

/** Inside the checkout, so that `sockinfo` and the frameworks are found as in a user's project. */
const folder = join(root, "build", "snippet-types");

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  return () => rmSync(folder, { recursive: true });
});

/** The modules of the types that signatures name. */
const TYPES: Record<string, string> = {
  sockinfo:
    "BbrV1 BbrV3 Closeable CongestionControl DiagnoseTcpOptions LinuxTcpInfo MptcpEndpoint MptcpInfo MptcpSubflow PeerCredentials PeerIdentity PeerProcess QueuedBytes SocketInfoError SocketMemory SocketOptions SocketSource TcpDiagnosis TcpInfo TcpInfoBatch TcpInfoField TcpInfoOrigin TcpInfoReader",
  "sockinfo/connections":
    "Connection ConnectionTracker HealthWatcher ListenerInfo MeasureRequestOptions RequestCost Snapshot TcpCounters TrackConnectionsOptions WatchHealthOptions",
  "sockinfo/hijack": "ClientHijacked Hijacked ReleaseOptions",
  "sockinfo/opentelemetry": "RegisterMetricsOptions SpanHooks",
  "sockinfo/page": "ConnectionsPage ConnectionsPageOptions PageListenOptions PageRequestSource PageResponse",
  "sockinfo/prometheus": "RegisterMetricsOptions",
  "sockinfo/logging": "ConnectionDescription TcpDescription",
  "sockinfo/server-timing": "ServerTimingField ServerTimingOptions ServerTimingResponse",
  "sockinfo/unix":
    "AllowPeersOptions ListenUnixOptions PeerGate PeerMiddleware PeerNames PeerRefusal PeerRule RequirePeerOptions UnixListener",
  "node:http": "ClientRequest IncomingMessage ServerResponse",
  "node:http2": "Http2ServerRequest Http2ServerResponse",
  "node:net": "Server Socket",
  "node:stream": "Duplex",
};

const declarations = (kind: string, code: string) =>
  [...code.matchAll(new RegExp(`^${kind} (\\w+)`, "gm"))].map(([, name]) => name as string);

/** If several subpaths have the name, the page is about one of them: docs/opentelemetry.md. */
const chooseSubpath = (subpaths: readonly string[], page: string) =>
  subpaths.find((subpath) => page.endsWith(`/${subpath.split("/")[1]}.md`)) ?? subpaths[0];

/** A module that compiles only if what the snippet declares is what the package exports. */
function compareWithPackage(code: string, page = ""): string {
  const interfaces = declarations("interface", code);
  const originOf = (name: string) =>
    chooseSubpath(
      Object.keys(TYPES).filter((from) => TYPES[from]?.split(" ").includes(name)),
      page,
    );
  const imports = Object.entries(TYPES).map(([from, names]) => {
    const wanted = names
      .split(" ")
      .filter((name) => originOf(name) === from && !interfaces.includes(name) && RegExp(`\\b${name}\\b`).test(code));
    return `import type { ${wanted.join(", ")} } from "${from}";`;
  });
  return [
    ...imports,
    code,
    ...declarations("declare function", code).map((name) => {
      const subpath = chooseSubpath(functions.get(name) ?? [], page);
      return `export const its_${name}: typeof ${name} = null! as typeof import("${subpath}").${name};`;
    }),
    ...interfaces.flatMap((name) => {
      const its = `import("${originOf(name)}").${name}`;
      return [
        `export const its_${name} = (its: ${its}): ${name} => its;`,
        `export const our_${name} = (our: ${name}): ${its} => our;`,
      ];
    }),
  ].join("\n");
}

const toModule = ({ language, title, code }: Snippet, page: string) =>
  language === "ts" && title === undefined ? compareWithPackage(code, page) : code;

/** Compiles modules, which have their file names as keys, and returns the compiler's messages. */
function compile(modules: Record<string, string>): string {
  for (const [name, code] of Object.entries(modules)) writeFileSync(join(folder, name), code);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(modules) }));
  const { status, stdout, stderr, error } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], {
    encoding: "utf8",
  });
  if (error) throw error;
  return status === 0 ? "" : stdout || stderr || `status ${status}`;
}

test("every snippet is in a language that a test checks", () => {
  const languages = pages.flatMap((file) => snippetsOf(file)).map(({ language }) => language);
  expect([...new Set(languages)].toSorted()).toEqual(["console", "js", "json", "sh", "ts"]);
});

test("every snippet compiles", () => {
  const modules = pages.flatMap((file) =>
    snippetsOf(file)
      .filter(({ language }) => ["js", "ts"].includes(language))
      .map((snippet, index) => [`${file.replace(/\W/g, "-")}-${index + 1}.mts`, toModule(snippet, file)] as const),
  );
  expect(modules.length).toBeGreaterThan(35);
  expect(compile({ ...Object.fromEntries(modules), "next.d.ts": NEXT })).toBe("");
});

test("every function has its signature in one place", () => {
  const signatures = pages
    .flatMap((file) => snippetsOf(file))
    .filter(({ language, title }) => language === "ts" && title === undefined)
    .flatMap(({ code }) => declarations("declare function", code));
  const exported = [...functions].flatMap(([name, subpaths]) => subpaths.map(() => name));
  expect(signatures.toSorted()).toEqual(exported.toSorted());
});

test("a wrong signature is found", () => {
  const wrong = "declare function getTcpInfo(source: SocketSource): string;";
  expect(compile({ "wrong.mts": compareWithPackage(wrong) })).toContain("TS2322");
});
