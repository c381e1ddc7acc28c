// A descriptor of a family that does not support getpeername(2): AF_PACKET. Needs root.
import { spawnSync } from "node:child_process";
import { expect, describe, test } from "vitest";
import { entry } from "../helpers/child";
import { lacks } from "../helpers/needs";

const SCRIPT = `
  const sockinfo = require(${JSON.stringify(entry)});
  const codeOf = (call) => { try { call(); } catch (error) { return error.code; } };
  console.log(JSON.stringify([
    codeOf(() => sockinfo.getPeerCredentials(3)),
    String(sockinfo.tryGetPeerCredentials(3)),
    codeOf(() => sockinfo.getPeerIdentity(3)),
    String(sockinfo.tryGetPeerIdentity(3)),
  ]));`;

/** Opens the socket as descriptor 3, and then executes the program in the arguments. */
const WITH_SOCKET = `
import os, socket, sys
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)
os.dup2(packets.fileno(), 100)
os.dup2(100, 3)
os.execv(sys.argv[1], sys.argv[1:])`;

describe.skipIf(lacks("linux", "root", "python"))("AF_PACKET", () => {
  test("is refused, because it is not a Unix socket", () => {
    const { stdout } = spawnSync("python3", ["-c", WITH_SOCKET, process.execPath, "-e", SCRIPT], { encoding: "utf8" });
    const code = "ERR_SOCKINFO_NOT_UNIX";
    expect(JSON.parse(stdout)).toEqual([code, "undefined", code, "undefined"]);
  });
});
