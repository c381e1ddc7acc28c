// Where the kernel can't be asked, a gate would refuse everybody. It is refused itself, when it is made.
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runNode } from "../../helpers/child";
import { root } from "../../helpers/docs";

const unix = JSON.stringify(createRequire(join(root, "package.json")).resolve("sockinfo/unix"));

/** What is the matter there, and the code that getUnsupportedReason() has for it. */
const PLACES: Record<string, { prepare: string; flags?: string[]; code: string }> = {
  Windows: {
    prepare: 'Object.defineProperty(process, "platform", { value: "win32" });',
    code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM",
  },
  Bun: {
    prepare: 'Object.defineProperty(process.versions, "bun", { value: "1.4.5" });',
    code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME",
  },
  Deno: {
    prepare: 'Object.defineProperty(process.versions, "deno", { value: "2.9.0" });',
    code: "ERR_SOCKINFO_UNSUPPORTED_RUNTIME",
  },
  "a process without native modules": { prepare: "", flags: ["--no-addons"], code: "ERR_SOCKINFO_ADDON_LOAD_FAILED" },
};

describe.each(Object.entries(PLACES))("on %s", (_name, { prepare, flags, code }) => {
  function codeOf(call: string): string {
    const script = `
      ${prepare}
      const { allowPeers, requirePeer } = require(${unix});
      const server = require("http").createServer();
      let code = "made";
      try { ${call}; } catch (error) { code = error.code + " " + (error.code === sockinfo.getUnsupportedReason().code); }
      console.log(code, Object.hasOwn(server, "emit"));`;
    return runNode(script, flags).stdout;
  }

  test.each(["allowPeers(server, { uids: [0] })", "requirePeer({ uids: [0] })"])("%s", (call) => {
    expect(codeOf(call)).toBe(`${code} true false`);
  });
});
