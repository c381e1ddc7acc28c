// The native module is missing, broken, foreign or forbidden: importing never throws, the first call says what to do.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";

const host = `${process.platform}-${process.arch}`;

/** A copy of the package without its binary; `binary` is put in its place. Returns its entry. */
function install(binary?: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo größe mit leerzeichen "));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(root, "node_modules/node-gyp-build"), join(folder, "node_modules/node-gyp-build"), { recursive: true });
  if (binary !== undefined) {
    mkdirSync(join(folder, "prebuilds", host), { recursive: true });
    const target = join(folder, "prebuilds", host, "sockinfo.node");
    if (typeof binary === "string") cpSync(binary, target);
    else writeFileSync(target, binary);
  }
  return join(folder, "dist", "index.js");
}

const FIRST_CALL = `
  console.log(sockinfo.isSupported());
  try { sockinfo.getTcpInfo(0); } catch (error) {
    console.log(error.code);
    console.log(error.message.replaceAll("\\n", " "));
    console.log(error.cause instanceof Error);
  }`;

const firstCall = (entry: string, flags: string[] = []) => {
  const ending = runNode(FIRST_CALL, flags, entry);
  expect(ending).toMatchObject({ status: 0, signal: null, stderr: "" });
  return ending.stdout.split("\n");
};

describe("loading", () => {
  test("a folder with spaces and letters beyond ASCII is no matter", () => {
    const [supported, code] = firstCall(install(join(root, "prebuilds", host, "sockinfo.node")));
    expect([supported, code]).toEqual(["true", "ERR_SOCKINFO_NOT_TCP"]);
  });

  test("no binary", () => {
    const [supported, code, message, cause] = firstCall(install());
    expect([supported, code, cause]).toEqual(["false", "ERR_SOCKINFO_ADDON_LOAD_FAILED", "true"]);
    expect(message).toContain(`no binary for ${host} was found`);
    expect(message).toContain("external");
  });

  test.each([
    ["of no bytes", Buffer.alloc(0)],
    ["cut short", Buffer.from("\x7fELF\x02\x01\x01")],
    ["of another system", Buffer.from("cffaedfe07000001", "hex")],
  ])("a binary %s", (_name, bytes) => {
    const [supported, code, message, cause] = firstCall(install(bytes));
    expect([supported, code, cause]).toEqual(["false", "ERR_SOCKINFO_ADDON_LOAD_FAILED", "true"]);
    expect(message).toContain("the system refused it");
  });

  test("addons switched off", () => {
    const [supported, code, message] = firstCall(install(join(root, "prebuilds", host, "sockinfo.node")), [
      "--no-addons",
    ]);
    expect([supported, code]).toEqual(["false", "ERR_SOCKINFO_ADDON_LOAD_FAILED"]);
    expect(message).toContain("--allow-addons");
  });

  test("the permission model without --allow-addons", () => {
    const flag = Number.parseInt(process.versions.node, 10) >= 22 ? "--permission" : "--experimental-permission";
    const entry = install(join(root, "prebuilds", host, "sockinfo.node"));
    const ending = runNode(FIRST_CALL, [flag, "--allow-fs-read=*", "--no-warnings"], entry);
    expect(ending.stdout.split("\n").slice(0, 2)).toEqual(["false", "ERR_SOCKINFO_ADDON_LOAD_FAILED"]);
  });

  test("the pure decoder needs no binary", () => {
    const ending = runNode('console.log(sockinfo.decodeTcpInfo(new Uint8Array([1]), "linux").state)', [], install());
    expect(ending).toMatchObject({ status: 0, stdout: "ESTABLISHED" });
  });
});
