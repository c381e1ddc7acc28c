// Packs the package and tries the tarball as users get it: installed without scripts into an empty project, by `import` and
// `require`, in a real handler, under Jest, and by the linters of packages. Nothing of the checkout may be needed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const JEST = "30.5.2";
const root = join(import.meta.dirname, "..");
const project = mkdtempSync(join(tmpdir(), "sockinfo-package-"));
process.on("exit", () => rmSync(project, { recursive: true, force: true }));

function run(folder: string, command: string, ...parameters: string[]): string {
  return execFileSync(command, parameters, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function check(what: string, holds: boolean): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
  if (!holds) process.exitCode = 1;
}

interface Packed {
  filename: string;
  size: number;
  files: { path: string }[];
}

const output = run(root, "npm", "pack", "--json", "--pack-destination", project);
const [packed] = JSON.parse(output.slice(output.indexOf("[\n"))) as [Packed];
const tarball = join(project, packed.filename);
const paths = packed.files.map(({ path }) => path);
const host = `${process.platform}-${process.arch}`;
console.log(`${packed.filename}: ${packed.size} bytes, ${paths.length} files`);

check(`has the binary of ${host}`, paths.includes(`prebuilds/${host}/sockinfo.node`));
const allowed =
  /^(dist\/.*\.(js|d\.ts)|prebuilds\/[\w-]+\/sockinfo\.node|docs\/[\w-]+\.md|package\.json|README\.md|LICENSE)$/;
check(
  "has nothing but the build, the binaries and the documentation",
  paths.every((path) => allowed.test(path)),
);

writeFileSync(join(project, "package.json"), JSON.stringify({ name: "empty", private: true }));
run(project, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", tarball);

const manifest = JSON.parse(readFileSync(join(project, "node_modules/sockinfo/package.json"), "utf8"));
check(
  "the manifest has no script that an install would run",
  !["preinstall", "install", "postinstall"].some((name) => manifest.scripts?.[name]),
);
check("gypfile is false, so npm adds none", manifest.gypfile === false);
check("it has no dependency", manifest.dependencies === undefined);

writeFileSync(
  join(project, "both.mjs"),
  `import http from "node:http";
   import { createRequire } from "node:module";
   import * as imported from "sockinfo";
   import { getTcpInfo, SocketInfoError } from "sockinfo";
   const required = createRequire(import.meta.url)("sockinfo");
   const same = Object.keys(required).every((name) => imported[name] === required[name]);
   const server = http.createServer((req, res) => res.end(getTcpInfo(req).state)).listen(0, () => {
     http.get({ port: server.address().port, agent: false }, (res) => res.on("data", (data) => {
       let code;
       try { required.getTcpInfo(); } catch (error) { code = error instanceof SocketInfoError && error.code; }
       console.log(JSON.stringify([same, Object.keys(required).length > 5, String(data), code]));
       server.close();
     }));
   });`,
);
check(
  "import and require reach one instance, which answers in a handler",
  run(project, process.execPath, "both.mjs").trim() === '[true,true,"ESTABLISHED","ERR_SOCKINFO_INVALID_ARGUMENT"]',
);

run(project, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", `jest@${JEST}`);
writeFileSync(
  join(project, "handler.test.js"),
  `const http = require("node:http");
   const { decodeTcpInfo, getTcpInfo, SocketInfoError, tryGetTcpInfo } = require("sockinfo");
   test("in a handler", (done) => {
     const server = http.createServer((req, res) => res.end(JSON.stringify(getTcpInfo(req)))).listen(0, () => {
       http.get({ port: server.address().port, agent: false }, (res) => res.on("data", (data) => {
         server.close();
         expect(JSON.parse(data)).toMatchObject({ state: "ESTABLISHED" });
         done();
       }));
     });
   });
   test("errors and bytes, in a context of their own", () => {
     expect(() => getTcpInfo(undefined)).toThrow(SocketInfoError);
     expect(tryGetTcpInfo({})).toBeUndefined();
     expect(decodeTcpInfo(new Uint8Array([1]), "linux").state).toBe("ESTABLISHED");
     expect(decodeTcpInfo(Buffer.from([1]), "linux").state).toBe("ESTABLISHED");
   });`,
);
try {
  run(project, process.execPath, "node_modules/jest/bin/jest.js", "--silent");
  check("works in a test of Jest", true);
} catch {
  check("works in a test of Jest", false);
}

for (const [name, ...parameters] of [
  ["publint", "--strict", tarball],
  ["attw", tarball],
] as const) {
  try {
    run(root, "npx", "--no-install", name, ...parameters);
    check(name, true);
  } catch (error) {
    console.log((error as { stdout?: string }).stdout);
    check(name, false);
  }
}
