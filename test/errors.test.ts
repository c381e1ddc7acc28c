// The table of codes agrees with its documentation and its type, and each code is thrown by a real call.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { constants } from "node:os";
import { join } from "node:path";
import { getPeerCredentials, getTcpInfo, type SocketInfoErrorCode } from "sockinfo";
import { describe, expect, test } from "vitest";
// Not public: the list of codes, and the class that turns a code into an outcome.
import { ERROR_CODES, Failure } from "../src/errors";
import { entry, runNode } from "./helpers/child";
import { root, tableRows } from "./helpers/docs";
import { codeOf } from "./helpers/refusals";
import { connectPair, listen, socketPath } from "./helpers/servers";

const documented = tableRows("docs/errors.md", /^ERR_SOCKINFO_/);

describe("parity", () => {
  test("docs/errors.md lists exactly the codes", () => {
    expect(documented.map(([code]) => code)).toEqual([...ERROR_CODES]);
  });

  test("the type lists exactly the codes", () => {
    const declaration = /type SocketInfoErrorCode =([^;]+);/.exec(
      readFileSync(join(root, "dist/index.d.ts"), "utf8"),
    )?.[1];
    expect(declaration?.match(/ERR_\w+/g)).toEqual([...ERROR_CODES]);
  });

  test("the sources and README.md name no other code", () => {
    const sources = [
      "tcp-info/get-tcp-info.ts",
      "tcp-info/get-tcp-info-batch.ts",
      ...readdirSync(join(root, "src/peer-credentials")).map((name) => `peer-credentials/${name}`),
      "source/get-socket.ts",
      "tcp-info/decode.ts",
      ...["connections", "hijack", "logging", "opentelemetry", "page", "prometheus", "server-timing", "unix"].flatMap(
        (subpath) =>
          readdirSync(join(root, "src", subpath), { encoding: "utf8", recursive: true })
            .filter((name) => name.endsWith(".ts"))
            .map((name) => `${subpath}/${name}`),
      ),
    ];
    const texts = [...sources.map((name) => `src/${name}`), "README.md"].map((file) =>
      readFileSync(join(root, file), "utf8"),
    );
    const named = new Set(
      texts
        .join("\n")
        .match(/(?:ERR_SOCKINFO_|…_)[A-Z_]+/g)
        ?.map((code) => code.replace("…_", "ERR_SOCKINFO_")),
    );
    expect([...named].filter((code) => !(ERROR_CODES as string[]).includes(code))).toEqual([]);
  });
});

/** What `getTcpInfo`, `tryGetTcpInfo` and `isSupported` return in another Node. An error is its code. */
function inChild(prepare: string, source: string, flags: string[] = []): unknown {
  const script = `
    const show = (call) => { try { return String(call()); } catch (error) { return error.code; } };
    const source = ${source};
    console.log(JSON.stringify([show(() => sockinfo.getTcpInfo(source)), show(() => sockinfo.tryGetTcpInfo(source)), sockinfo.isSupported()]));
    process.exit();`;
  const ending = runNode(prepare + script, flags);
  expect(ending).toMatchObject({ status: 0, signal: null });
  return JSON.parse(ending.stdout);
}

const SOCKET = `require("net").connect({ port: 1 }).on("error", () => {})`;

describe("each code is thrown", () => {
  const CAUSES: Record<string, () => unknown> = {
    ERR_SOCKINFO_INVALID_ARGUMENT: () => codeOf(() => getTcpInfo("x" as never)),
    ERR_SOCKINFO_NO_SOCKET: () => codeOf(() => getTcpInfo({} as never)),
    ERR_SOCKINFO_SOCKET_CLOSED: async () => {
      const { client } = await connectPair();
      client.destroy();
      return codeOf(() => getTcpInfo(client));
    },
    ERR_SOCKINFO_NOT_TCP: async () => {
      const { client } = await connectPair({ path: socketPath() });
      return codeOf(() => getTcpInfo(client));
    },
    ERR_SOCKINFO_NOT_UNIX: async () => {
      const { client } = await connectPair();
      return codeOf(() => getPeerCredentials(client));
    },
    ERR_SOCKINFO_NOT_CONNECTED: () => codeOf(() => getPeerCredentials(new Socket())),
    ERR_SOCKINFO_UNSUPPORTED_PLATFORM: () => {
      const result = inChild('Object.defineProperty(process, "platform", { value: "win32" });', SOCKET);
      expect(result).toEqual(["ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "undefined", false]);
      return (result as string[])[0];
    },
    ERR_SOCKINFO_UNSUPPORTED_RUNTIME: () => {
      // As on Bun: an open socket without a handle.
      const runtime = 'Object.defineProperty(process.versions, "bun", { value: "1.4.5" });';
      const result = inChild(runtime, "new (require('net').Socket)()");
      expect(result).toEqual(["ERR_SOCKINFO_UNSUPPORTED_RUNTIME", "undefined", false]);
      return (result as string[])[0];
    },
    ERR_SOCKINFO_ADDON_LOAD_FAILED: () => {
      const result = inChild("", SOCKET, ["--no-addons"]);
      expect(result).toEqual(["ERR_SOCKINFO_ADDON_LOAD_FAILED", "ERR_SOCKINFO_ADDON_LOAD_FAILED", false]);
      return (result as string[])[0];
    },
    ERR_SOCKINFO_OUT_OF_RESOURCES: () => {
      const script = `
        const sockinfo = require(${JSON.stringify(entry)}), { openSync } = require("fs");
        try { for (;;) openSync("/dev/null"); } catch {}
        let answer;
        try { sockinfo.getTcpInfo(0); } catch ({ code }) { answer = code; }
        process.stdout.write(answer);`;
      return String(execFileSync("sh", ["-c", 'ulimit -n 64 && exec "$0" -e "$1"', process.execPath, script]));
    },
  };

  /** Tested in test/sandboxes/. */
  const ofSandboxes = ["ERR_SOCKINFO_SYSTEM_CALL_DENIED", "ERR_SOCKINFO_UNSUPPORTED_KERNEL"];

  /** Tested in test/socket-facts/. */
  const ofSocketFacts = ["ERR_SOCKINFO_NOT_MPTCP"];

  /** Tested in test/peer-credentials/. */
  const ofPeers = ["ERR_SOCKINFO_PEER_GONE", "ERR_SOCKINFO_PEER_NOT_VISIBLE", "ERR_SOCKINFO_PROCESS_CLOSED"];

  /** Tested in test/connections/. */
  const ofConnections = [
    "ERR_SOCKINFO_NOT_LISTENING",
    "ERR_SOCKINFO_LISTENER_NOT_OWNED",
    "ERR_SOCKINFO_NOT_TRACKED",
    "ERR_SOCKINFO_ALREADY_TRACKED",
    "ERR_SOCKINFO_TRACKER_CLOSED",
    "ERR_SOCKINFO_NOT_ENABLED",
    "ERR_SOCKINFO_NO_REQUEST",
  ];

  /** Tested in test/unix/. */
  const ofUnix = ["ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM"];

  /** Tested in test/hijack/. */
  const ofHijack = [
    "ERR_SOCKINFO_NOT_HIJACKABLE",
    "ERR_SOCKINFO_RESPONSE_BEGUN",
    "ERR_SOCKINFO_RESPONSE_PENDING",
    "ERR_SOCKINFO_BYTES_PARSED",
    "ERR_SOCKINFO_HIJACKED",
    "ERR_SOCKINFO_NOT_RELEASABLE",
  ];

  test("by one of these tests", () =>
    expect([
      ...Object.keys(CAUSES),
      ...ofSandboxes,
      ...ofSocketFacts,
      ...ofPeers,
      ...ofConnections,
      ...ofUnix,
      ...ofHijack,
    ]).toEqual([...ERROR_CODES]));

  test.each(Object.entries(CAUSES))("%s", async (code, call) => expect(await call()).toBe(code));

  test("the try forms do what docs/errors.md says", () => {
    const outcomeOf = (code: SocketInfoErrorCode) => {
      try {
        return String(Failure.of(code).toUndefined(outcomeOf));
      } catch {
        return "throws";
      }
    };
    const outcomes = ERROR_CODES.map((code) => [code, outcomeOf(code)]);
    expect(documented.map(([code, , tries]) => [code, tries])).toEqual(outcomes);
  });
});

describe("the error", () => {
  test("has errno and syscall if a system call failed, and undefined otherwise", async () => {
    const server = await listen(createServer(), { path: socketPath() });
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    expect(() => getTcpInfo(fd)).toThrow(
      expect.objectContaining({ errno: -constants.errno.EOPNOTSUPP, syscall: "getsockopt" }),
    );
    expect(() => getTcpInfo({} as never)).toThrow(expect.objectContaining({ errno: undefined, syscall: undefined }));
  });

  test("has its name and code in the output of an uncaught error", () => {
    const ending = runNode("sockinfo.getTcpInfo(1.5)");
    expect(ending.stderr).toContain(
      'SocketInfoError: The "source" argument must be an object or a descriptor number from 0 to 2147483647. ' +
        "Received type number (1.5)",
    );
    expect(ending.stderr).toContain("code: 'ERR_SOCKINFO_INVALID_ARGUMENT'");
  });
});
