// The parts of sockinfo that are loaded at their first call: what that call does if a file can't be read then.
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runNode } from "./helpers/child";
import { root } from "./helpers/docs";
import { lacks } from "./helpers/needs";

const READINGS = `
  const bytes = new Uint8Array(232);
  bytes[0] = 1;
  const reading = sockinfo.decodeTcpInfo(bytes, "linux");
  const diagnose = () => {
    try { return sockinfo.diagnoseTcp(reading, reading, { intervalMs: 1000 }).verdict; }
    catch (error) { return [error instanceof sockinfo.SocketInfoError, error.code, error.cause?.code].join(); }
  };`;

test.skipIf(lacks("linux"))("no descriptor is free: a typed error, and the next call tries again", () => {
  const ending = runNode(`
    ${READINGS}
    const { closeSync, openSync } = require("node:fs");
    const taken = [];
    try { for (;;) taken.push(openSync("/dev/null", "r")); } catch {}
    const first = diagnose();
    for (const fd of taken) closeSync(fd);
    console.log(first, diagnose());`);
  expect(ending).toMatchObject({ status: 0, stderr: "" });
  expect(ending.stdout).toMatch(/^true,ERR_SOCKINFO_OUT_OF_RESOURCES,EMFILE [a-z-]+$/);
});

test("a file is missing: Node's error has its path", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sockinfo-parts-")));
  onTestFinished(() => rmSync(home, { recursive: true }));
  cpSync(join(root, "dist"), join(home, "dist"), { recursive: true });
  rmSync(join(home, "dist/diagnosis.js"));
  const script = `${READINGS} try { sockinfo.diagnoseTcp(reading, reading, { intervalMs: 1000 }); } catch (error) { console.log(error.message.split("\\n")[0]); }`;
  const { stdout } = runNode(script, [], join(home, "dist/index.js"));
  expect(stdout).toBe("Cannot find module './diagnosis.js'");
});

test("none is loaded by require", () => {
  const { stdout } = runNode(
    'console.log(Object.keys(require.cache).filter((path) => path.includes("dist")).map((path) => path.split("/").pop()).join())',
  );
  expect(stdout).toBe("index.js,core.js");
});
