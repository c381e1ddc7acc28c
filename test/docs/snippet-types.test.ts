// Every snippet of README.md and docs/ compiles as strict TypeScript, as it stands there. The signatures that are printed are
// those of the package.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { root, snippetsOf, type Snippet } from "../helpers/docs";

const FILES = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];

/** What users switch on, beyond `strict`. Handlers have parameters that they do not use. */
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

/** The part of Next.js that docs/loading.md uses. Next.js itself is installed for test/bundlers only, which runs it. */
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

/** The types of the package that the signatures name. */
const TYPES = ["PeerCredentials", "SocketSource", "TcpInfo", "TcpInfoBatch", "TcpInfoOrigin"];

/** A module that compiles only if what the snippet declares is what the package exports. */
function compareWithPackage(code: string): string {
  const declared = (kind: string) => [...code.matchAll(new RegExp(`^${kind} (\\w+)`, "gm"))].map(([, name]) => name);
  const interfaces = declared("interface");
  const imported = TYPES.filter((name) => !interfaces.includes(name)).join(", ");
  return [
    `import * as sockinfo from "sockinfo";\nimport type { ${imported} } from "sockinfo";\n${code}`,
    ...declared("declare function").map((name) => `export const its_${name}: typeof ${name} = sockinfo.${name};`),
    ...interfaces.map((name) => `export const its_${name} = (its: sockinfo.${name}): ${name} => its;`),
    ...interfaces.map((name) => `export const our_${name} = (our: ${name}): sockinfo.${name} => our;`),
  ].join("\n");
}

const toModule = ({ language, title, code }: Snippet) =>
  language === "ts" && title === undefined ? compareWithPackage(code) : code;

/** What the compiler says of modules, by their names. */
function compile(modules: Record<string, string>): string {
  for (const [name, code] of Object.entries(modules)) writeFileSync(join(folder, name), code);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: Object.keys(modules) }));
  const { status, stdout, stderr, error } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], {
    encoding: "utf8",
  });
  if (error) throw error;
  return status === 0 ? "" : stdout || stderr || `status ${status}`;
}

test("every snippet is of a language that a test knows", () => {
  const languages = FILES.flatMap((file) => snippetsOf(file)).map(({ language }) => language);
  expect([...new Set(languages)].toSorted()).toEqual(["js", "json", "sh", "ts"]);
});

test("every snippet compiles", () => {
  const modules = FILES.flatMap((file) =>
    snippetsOf(file)
      .filter(({ language }) => ["js", "ts"].includes(language))
      .map((snippet, index) => [`${file.replace(/\W/g, "-")}-${index + 1}.mts`, toModule(snippet)] as const),
  );
  expect(modules.length).toBeGreaterThan(35);
  expect(compile({ ...Object.fromEntries(modules), "next.d.ts": NEXT })).toBe("");
});

test("a wrong signature would be seen", () => {
  const wrong = "declare function getTcpInfo(source: SocketSource): string;";
  expect(compile({ "wrong.mts": compareWithPackage(wrong) })).toContain("TS2322");
});
