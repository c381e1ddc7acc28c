// The native module is missing, broken, foreign or forbidden: importing never throws, the first call says what to do, and
// so does getUnsupportedReason.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { binaryPath } from "../helpers/binding";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const host = `${process.platform}-${process.arch}`;

interface Layout {
  /** What lies in prebuilds/ under the name of this platform. */
  binary?: string | Buffer;
  /** Where prebuilds/ is; beside dist/ unless told. */
  beside?: "dist" | "index.js";
  /** The name of the platform's folder. */
  folder?: string;
}

/** A copy of the package; returns its entry. */
function install({ binary, beside = "dist", folder = host }: Layout): string {
  // As Node itself knows it: on macOS the way to the temporary folder is over a link.
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo größe mit leerzeichen ")));
  onTestFinished(() => rmSync(home, { recursive: true }));
  cpSync(join(root, "dist"), join(home, "dist"), { recursive: true });
  if (binary !== undefined) {
    const target = join(home, beside === "dist" ? "prebuilds" : "dist/prebuilds", folder);
    mkdirSync(target, { recursive: true });
    if (typeof binary === "string") cpSync(binary, join(target, "sockinfo.node"));
    else writeFileSync(join(target, "sockinfo.node"), binary);
  }
  return join(home, "dist", "index.js");
}

const FIRST_CALL = `
  const reason = sockinfo.getUnsupportedReason();
  try { sockinfo.getTcpInfo(0); } catch ({ code, message, cause }) {
    console.log(JSON.stringify({
      supported: sockinfo.isSupported(), code, message, cause: cause?.code,
      explained: reason && [reason.code === code, reason.message === message, reason instanceof sockinfo.SocketInfoError],
    }));
  }`;

interface FirstCall {
  readonly supported: boolean;
  readonly code: string;
  readonly message: string;
  readonly cause?: string;
  readonly explained?: readonly boolean[];
}

function firstCall(entry: string, flags: string[] = [], prepare = ""): FirstCall {
  const ending = runNode(prepare + FIRST_CALL, flags, entry);
  expect(ending).toMatchObject({ status: 0, signal: null, stderr: "" });
  return JSON.parse(ending.stdout);
}

const LOADED = { supported: true, code: "ERR_SOCKINFO_NOT_TCP" };
const REFUSED = { supported: false, code: "ERR_SOCKINFO_ADDON_LOAD_FAILED", explained: [true, true, true] };

describe("found", () => {
  test("in a folder with spaces and letters beyond ASCII", () => {
    expect(firstCall(install({ binary: binaryPath }))).toEqual({ ...LOADED, message: expect.any(String) });
  });

  test("beside the file that sockinfo was bundled into", () => {
    expect(firstCall(install({ binary: binaryPath, beside: "index.js" }))).toMatchObject(LOADED);
  });

  test.skipIf(lacks("linux"))("beside the bundle first: what a folder above has is another program's", () => {
    const entry = install({ binary: binaryPath, beside: "index.js" });
    const above = join(entry, "../../prebuilds", host);
    mkdirSync(above, { recursive: true });
    cpSync(binaryPath, join(above, "sockinfo.node"));
    const maps = `require("fs").readFileSync("/proc/self/maps", "utf8")`;
    const loaded = runNode(`sockinfo.isSupported(); console.log(${maps}.match(/\\/.*sockinfo\\.node/)[0])`, [], entry);
    expect(loaded.stdout).toBe(join(entry, "../prebuilds", host, "sockinfo.node"));
  });

  test("in the package, when what is beside the bundle is broken", () => {
    const entry = install({ binary: binaryPath });
    const broken = join(entry, "../prebuilds", host);
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "sockinfo.node"), "");
    expect(firstCall(entry)).toMatchObject(LOADED);
  });
});

describe("not there", () => {
  test("with nothing of prebuilds/: bundled", () => {
    const entry = install({});
    const outcome = firstCall(entry);
    expect(outcome).toMatchObject({ ...REFUSED, cause: "ENOENT" });
    expect(outcome.message).toContain(`the binary for ${host} is not where sockinfo runs`);
    expect(outcome.message).toContain("mark sockinfo as external");
    for (const place of ["../../prebuilds", "../prebuilds"]) {
      expect(outcome.message).toContain(`tried ${join(entry, place, host, "sockinfo.node")}: not there`);
    }
  });

  test("but other platforms' are: none was published for this one", () => {
    const { message, ...outcome } = firstCall(install({ binary: binaryPath, folder: "linux-loong64" }));
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain(`this copy of sockinfo has no binary for ${host}, only for linux-loong64.`);
  });

  test("but another package's is", () => {
    const entry = install({});
    const theirs = join(entry, "../prebuilds", host);
    mkdirSync(theirs, { recursive: true });
    writeFileSync(join(theirs, "other.node"), "");
    expect(firstCall(entry).message).toContain(`the binary for ${host} is not where sockinfo runs`);
  });
});

describe("refused", () => {
  const real = readFileSync(binaryPath);
  test.each([
    ["of no bytes", Buffer.alloc(0)],
    ["cut short in its header", real.subarray(0, 7)],
    ["cut short in its code", real.subarray(0, real.length / 2)],
    ["that lacks its last byte", real.subarray(0, -1)],
    ["of another system", Buffer.concat([Buffer.from("4d5a9000", "hex"), Buffer.alloc(4096)])],
  ])("a binary %s", (_name, binary) => {
    const entry = install({ binary });
    const { message, ...outcome } = firstCall(entry);
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain("the binary can't be used");
    const path = join(entry, "../../prebuilds", host, "sockinfo.node");
    // And then the words of the system.
    expect(message).toContain(`tried ${path}: ${process.platform === "darwin" ? `dlopen(${path}, ` : `${path}: `}`);
  });

  test.skipIf(lacks("compiler"))("a binary of another package", () => {
    const other = join(dirname(install({})), "other.node");
    execFileSync("c++", ["-shared", "-fPIC", "-x", "c", "-", "-o", other], {
      input: "void *napi_register_module_v1(void *env, void *exports) { return exports; }",
    });
    const { message, ...outcome } = firstCall(install({ binary: other }));
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain("not the binary of sockinfo");
  });

  test("a folder or a FIFO in its place", () => {
    const entry = install({});
    const place = join(entry, "../prebuilds", host, "sockinfo.node");
    mkdirSync(place, { recursive: true });
    expect(firstCall(entry)).toMatchObject({ ...REFUSED, message: expect.stringContaining(`${place}: not a file`) });
    rmSync(place, { recursive: true });
    execFileSync("mkfifo", [place]);
    expect(firstCall(entry)).toMatchObject({ ...REFUSED, message: expect.stringContaining(`${place}: not a file`) });
  });

  test.skipIf(lacks("root", "setpriv"))("a binary that this user may not read", () => {
    const entry = install({ binary: binaryPath });
    chmodSync(join(entry, "../.."), 0o755);
    chmodSync(join(entry, "../../prebuilds"), 0o700);
    const script = `const sockinfo = require(${JSON.stringify(entry)}); console.log(sockinfo.getUnsupportedReason().message)`;
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "-e", script];
    const message = execFileSync("setpriv", nobody, { encoding: "utf8", cwd: "/" });
    expect(message).toContain("this user may not read the binary");
    expect(message).toContain("EACCES: permission denied");
  });

  test("a shortage of descriptors passes, and the next call loads", () => {
    const script = `
      const { closeSync, openSync } = require("fs");
      const open = [];
      try { for (;;) open.push(openSync("/dev/null")); } catch {}
      const { code, message, cause } = sockinfo.getUnsupportedReason();
      open.forEach((fd) => closeSync(fd));
      console.log(JSON.stringify([code, cause.code, message.includes("The next call tries again"), sockinfo.isSupported()]));`;
    const source = `const sockinfo = require(${JSON.stringify(install({ binary: binaryPath }))});${script}`;
    const answer = execFileSync("sh", ["-c", 'ulimit -n 64 && exec "$0" -e "$1"', process.execPath, source]);
    expect(JSON.parse(String(answer))).toEqual(["ERR_SOCKINFO_ADDON_LOAD_FAILED", "EMFILE", true, true]);
  });

  test("addons switched off", () => {
    const { message, ...outcome } = firstCall(install({ binary: binaryPath }), ["--no-addons"]);
    expect(outcome).toEqual({ ...REFUSED, cause: "ERR_DLOPEN_DISABLED" });
    expect(message).toContain("Start Node without --no-addons");
  });

  test("the permission model without --allow-addons", () => {
    const flag = Number.parseInt(process.versions.node, 10) >= 22 ? "--permission" : "--experimental-permission";
    const flags = [flag, "--allow-fs-read=*", "--no-warnings"];
    const { message, ...outcome } = firstCall(install({ binary: binaryPath }), flags);
    expect(outcome).toEqual({ ...REFUSED, cause: "ERR_DLOPEN_DISABLED" });
    expect(message).toContain("with --allow-addons");
  });
});

test("bundled into an ES module: no place to look at", () => {
  // What is left of the bundle's __dirname there.
  const entry = install({ binary: binaryPath });
  const core = join(entry, "../core.js");
  writeFileSync(core, readFileSync(core, "utf8").replace(/^/, "{ let __dirname; ").replace(/$/, "\n}"));
  const { message, ...outcome } = firstCall(entry);
  expect(outcome).toMatchObject({ ...REFUSED });
  expect(message).toContain("it was bundled into an ES module");
});

test("another platform: a reason of its own", () => {
  const prepare = 'Object.defineProperty(process, "platform", { value: "win32" });';
  const outcome = firstCall(install({}), [], prepare);
  expect(outcome).toMatchObject({ ...REFUSED, code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" });
});

test("the pure decoder needs no binary", () => {
  const ending = runNode('console.log(sockinfo.decodeTcpInfo(new Uint8Array([1]), "linux").state)', [], install({}));
  expect(ending).toMatchObject({ status: 0, stdout: "ESTABLISHED" });
});
