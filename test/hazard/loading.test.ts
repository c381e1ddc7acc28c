// The native module is missing, broken, foreign or forbidden: importing never throws, the first call says what to do, and
// so does getUnsupportedReason.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { binaryPath } from "../helpers/binding";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";

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

  test("beside the bundle, when what is in the package's place is broken", () => {
    const entry = install({ binary: binaryPath, beside: "index.js" });
    const broken = join(entry, "../../prebuilds", host);
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "sockinfo.node"), "");
    expect(firstCall(entry)).toMatchObject(LOADED);
  });
});

describe("not there", () => {
  test("with nothing of prebuilds/: bundled", () => {
    const entry = install({});
    const outcome = firstCall(entry);
    expect(outcome).toMatchObject({ ...REFUSED, cause: "ERR_DLOPEN_FAILED" });
    expect(outcome.message).toContain(`the binary for ${host} is not where sockinfo runs`);
    expect(outcome.message).toContain("mark sockinfo as external");
    for (const place of ["../../prebuilds", "../prebuilds"]) {
      expect(outcome.message).toContain(`tried ${join(entry, place, host, "sockinfo.node")}: not there`);
    }
  });

  test("but other platforms' are: none was published for this one", () => {
    const { message, ...outcome } = firstCall(install({ binary: binaryPath, folder: "linux-loong64" }));
    expect(outcome).toMatchObject(REFUSED);
    expect(message).toContain(`sockinfo has no binary for ${host}, only for linux-loong64. Build one`);
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

test("another platform: a reason of its own", () => {
  const prepare = 'Object.defineProperty(process, "platform", { value: "win32" });';
  const outcome = firstCall(install({}), [], prepare);
  expect(outcome).toMatchObject({ ...REFUSED, code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" });
});

test("the pure decoder needs no binary", () => {
  const ending = runNode('console.log(sockinfo.decodeTcpInfo(new Uint8Array([1]), "linux").state)', [], install({}));
  expect(ending).toMatchObject({ status: 0, stdout: "ESTABLISHED" });
});
