// The native module is missing, damaged, of another system or forbidden. Importing never throws. The first call and
// getUnsupportedReason() say what to do.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { describe, expect, onTestFinished, test } from "vitest";
import { binaryPath } from "../helpers/binding";
import { entry, runNode } from "../helpers/child";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const host = `${process.platform}-${process.arch}`;

interface Layout {
  /** The file in the platform's folder of prebuilds/, or its bytes. */
  binary?: string | Buffer;
  /** The name of the platform's folder. */
  folder?: string;
}

/** A copy of the package; returns its entry. */
function install({ binary, folder = host }: Layout): string {
  // The real path, as Node reports it: on macOS the temporary folder is a link.
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo größe mit leerzeichen ")));
  onTestFinished(() => rmSync(home, { recursive: true }));
  cpSync(join(root, "dist"), join(home, "dist"), { recursive: true });
  if (binary !== undefined) {
    const target = join(home, "prebuilds", folder);
    mkdirSync(target, { recursive: true });
    if (typeof binary === "string") cpSync(binary, join(target, "sockinfo.node"));
    else writeFileSync(join(target, "sockinfo.node"), binary);
  }
  return join(home, "dist", "index.js");
}

/** Bundles the package with esbuild; returns the file. */
function bundle(name = "app/server.cjs"): string {
  const home = dirname(dirname(install({})));
  const file = join(home, name);
  buildSync({ entryPoints: [entry], outfile: file, bundle: true, platform: "node", allowOverwrite: true });
  return file;
}

/** Puts a good binary into the `prebuilds/` of a folder. */
function putBinary(folder: string): string {
  const file = join(folder, "prebuilds", host, "sockinfo.node");
  mkdirSync(dirname(file), { recursive: true });
  cpSync(binaryPath, file);
  return file;
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

function firstCall(installed: string, flags: string[] = [], prepare = ""): FirstCall {
  const ending = runNode(prepare + FIRST_CALL, flags, installed);
  expect(ending).toMatchObject({ status: 0, signal: null, stderr: "" });
  return JSON.parse(ending.stdout);
}

const LOADED = { supported: true, code: "ERR_SOCKINFO_NOT_TCP" };
const REFUSED = { supported: false, code: "ERR_SOCKINFO_ADDON_LOAD_FAILED", explained: [true, true, true] };

describe("found", () => {
  test("in a folder with spaces and letters beyond ASCII", () => {
    expect(firstCall(install({ binary: binaryPath }))).toEqual({ ...LOADED, message: expect.any(String) });
  });

  test("beside the bundle that sockinfo is in", () => {
    const file = bundle();
    putBinary(dirname(file));
    expect(firstCall(file)).toMatchObject(LOADED);
  });
});

describe("found where it must not be loaded from", () => {
  test("above a bundle, where other users may be able to write", () => {
    const file = bundle();
    putBinary(dirname(dirname(file)));
    const { message, ...outcome } = firstCall(file);
    expect(outcome).toMatchObject({ ...REFUSED, cause: "ENOENT" });
    expect(message).toContain(`the binary for ${host} is not next to the bundle that contains sockinfo`);
  });

  test("above a bundle that looks like the package", () => {
    const file = bundle("dist/core.js");
    const above = dirname(dirname(file));
    putBinary(above);
    cpSync(join(root, "package.json"), join(above, "package.json"));
    expect(firstCall(file)).toMatchObject({ ...REFUSED, cause: "ENOENT" });
  });

  test("beside the package's own files", () => {
    const installed = install({});
    putBinary(dirname(installed));
    expect(firstCall(installed)).toMatchObject({ ...REFUSED, cause: "ENOENT" });
  });
});

describe("missing", () => {
  test("beside a bundle", () => {
    const file = bundle();
    const { message, ...outcome } = firstCall(file);
    expect(outcome).toMatchObject({ ...REFUSED, cause: "ENOENT" });
    expect(message).toContain("Mark sockinfo as external, or copy its prebuilds/ folder into the bundle's folder");
    expect(message.match(/tried .*/g)).toEqual([
      `tried ${join(file, "../prebuilds", host, "sockinfo.node")}: no such file`,
    ]);
  });

  test("without all of prebuilds/: files of the package are missing", () => {
    const installed = install({});
    const { message, ...outcome } = firstCall(installed);
    expect(outcome).toMatchObject({ ...REFUSED, cause: "ENOENT" });
    expect(message).toContain(`this copy of sockinfo has no binary for ${host}. If files are missing`);
    expect(message).toContain(`tried ${join(installed, "../../prebuilds", host, "sockinfo.node")}: no such file`);
  });

  test("while those of other platforms are there: none was published for this one", () => {
    const { message, ...outcome } = firstCall(install({ binary: binaryPath, folder: "linux-loong64" }));
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain(`this copy of sockinfo has no binary for ${host}, only for linux-loong64.`);
  });

  test("while that of another package is there", () => {
    const file = bundle();
    const theirs = join(file, "../prebuilds", host);
    mkdirSync(theirs, { recursive: true });
    writeFileSync(join(theirs, "other.node"), "");
    expect(firstCall(file).message).toContain(`the binary for ${host} is not next to the bundle`);
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
    const installed = install({ binary });
    const { message, ...outcome } = firstCall(installed);
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain("the binary can't be used");
    const path = join(installed, "../../prebuilds", host, "sockinfo.node");
    // The message of the system follows.
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
    const installed = install({});
    const place = join(installed, "../../prebuilds", host, "sockinfo.node");
    mkdirSync(place, { recursive: true });
    expect(firstCall(installed)).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining(`${place}: not a file`),
    });
    rmSync(place, { recursive: true });
    execFileSync("mkfifo", [place]);
    expect(firstCall(installed)).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining(`${place}: not a file`),
    });
  });

  test.skipIf(lacks("root", "setpriv"))("a binary that this user may not read", () => {
    const installed = install({ binary: binaryPath });
    chmodSync(join(installed, "../.."), 0o755);
    chmodSync(join(installed, "../../prebuilds"), 0o700);
    const script = `const sockinfo = require(${JSON.stringify(installed)}); console.log(sockinfo.getUnsupportedReason().message)`;
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "-e", script];
    const message = execFileSync("setpriv", nobody, { encoding: "utf8", cwd: "/" });
    expect(message).toContain("this user may not read the binary");
    expect(message).toContain("EACCES: permission denied");
  });

  test("a shortage of descriptors: the next call tries again", () => {
    const script = `
      const { closeSync, openSync } = require("fs");
      const open = [];
      try { for (;;) open.push(openSync("/dev/null")); } catch {}
      const { code, message, cause } = sockinfo.getUnsupportedReason();
      const absent = sockinfo.tryGetTcpInfo(0) === undefined;
      open.forEach((fd) => closeSync(fd));
      const isSaid = message.includes("The next call tries again");
      console.log(JSON.stringify([code, cause.code, isSaid, absent, sockinfo.isSupported()]));`;
    const source = `const sockinfo = require(${JSON.stringify(install({ binary: binaryPath }))});${script}`;
    const answer = execFileSync("sh", ["-c", 'ulimit -n 64 && exec "$0" -e "$1"', process.execPath, source]);
    expect(JSON.parse(String(answer))).toEqual(["ERR_SOCKINFO_OUT_OF_RESOURCES", "EMFILE", true, true, true]);
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

describe("refused by macOS", () => {
  test("by a policy: the remedy, and no word of damage", () => {
    const reason =
      "code signature in <4C4C44> '/a.node' not valid for use in process: library load disallowed by system policy";
    const installed = install({ binary: binaryPath, folder: `darwin-${process.arch}` });
    const { message, ...outcome } = firstCall(installed, [], mac(reason));
    expect(outcome).toEqual({ ...REFUSED, cause: "ERR_DLOPEN_FAILED" });
    expect(message).toContain("xattr -d com.apple.quarantine");
    expect(message).toContain(reason);
    expect(message).not.toMatch(/damaged|install sockinfo again|noexec/);
  });

  test("because of a damaged binary", () => {
    const installed = install({ binary: binaryPath, folder: `darwin-${process.arch}` });
    const { message } = firstCall(installed, [], mac("code signature invalid in <4C4C44> '/a.node' (errno=1)"));
    expect(message).toContain("the binary can't be used. It is damaged");
  });

  /** A system whose dynamic linker refuses with this reason. */
  function mac(reason: string): string {
    const message = `dlopen(/a.node, 0x0001): tried: '/a.node' (${reason}), '/System/Cryptexes/OS/a.node' (no such file)`;
    return `
      Object.defineProperty(process, "platform", { value: "darwin" });
      process.dlopen = () => {
        throw Object.assign(new Error(${JSON.stringify(message)}), { code: "ERR_DLOPEN_FAILED" });
      };`;
  }
});

test("bundled into an ES module: its folder is unknown", () => {
  // In such a bundle __dirname is undefined.
  const installed = install({ binary: binaryPath });
  const core = join(installed, "../core.js");
  writeFileSync(core, readFileSync(core, "utf8").replace(/^/, "{ let __dirname; ").replace(/$/, "\n}"));
  const { message, ...outcome } = firstCall(installed);
  expect(outcome).toMatchObject({ ...REFUSED });
  expect(message).toContain("it was bundled into an ES module");
});

test("another platform: the error has its own code", () => {
  const prepare = 'Object.defineProperty(process, "platform", { value: "win32" });';
  const outcome = firstCall(install({}), [], prepare);
  expect(outcome).toMatchObject({ ...REFUSED, code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" });
});

test("the pure decoder needs no binary", () => {
  const ending = runNode('console.log(sockinfo.decodeTcpInfo(new Uint8Array([1]), "linux").state)', [], install({}));
  expect(ending).toMatchObject({ status: 0, stdout: "ESTABLISHED" });
});
