// If the process can't read peers, a gate would refuse every peer. So allowPeers() and requirePeer() throw.
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runNode } from "../../helpers/child";
import { root } from "../../helpers/docs";

const unix = JSON.stringify(createRequire(join(root, "package.json")).resolve("sockinfo/unix"));

/** What makes a process unable to read peers, and the code of the error. */
const PLACES: Record<string, { prepare: string; flags?: string[]; code: string; isSupported?: boolean }> = {
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
    isSupported: true,
  },
  "a process without native modules": { prepare: "", flags: ["--no-addons"], code: "ERR_SOCKINFO_ADDON_LOAD_FAILED" },
};

describe.each(Object.entries(PLACES))("on %s", (_name, { prepare, flags, code, isSupported }) => {
  test("both throw, and the server is unchanged", () => {
    const script = `
      ${prepare}
      const { allowPeers, requirePeer } = require(${unix});
      const server = require("http").createServer();
      const codeOf = (call) => { try { call(); } catch (error) { return error.code; } };
      console.log(JSON.stringify({
        allowPeers: codeOf(() => allowPeers(server, { uids: [0] })),
        requirePeer: codeOf(() => requirePeer({ uids: [0] })),
        reason: sockinfo.getUnsupportedReason()?.code,
        isChanged: Object.hasOwn(server, "emit"),
      }));`;
    const expected = { allowPeers: code, requirePeer: code, reason: isSupported ? undefined : code, isChanged: false };
    expect(JSON.parse(runNode(script, flags).stdout)).toEqual(expected);
  });
});
