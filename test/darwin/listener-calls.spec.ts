// The functions for listeners in the compiled macOS binary: which system calls they make, with which of Apple's numbers. And the names
// of ids, out of Apple's structs.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { lookUpGroupId, lookUpPeerNames, lookUpUserId } from "sockinfo/unix";
import type { NativeBinding } from "../../src/addon/native-binding";
import { bundleOf } from "./build.mts";
import { type SystemCall, useKernel } from "./fake-mac.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();
const loaded = { exports: {} };
process.dlopen(loaded, bundleOf("x64"));
const binding = loaded.exports as NativeBinding;

const FD = 42;
const NOTHING = new Uint8Array();
const number = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

/** The calls that come while `use` runs, each answered by `answer`. */
function calls(use: () => unknown, answer: (call: SystemCall) => number | Uint8Array): [SystemCall[], unknown] {
  const seen: SystemCall[] = [];
  useKernel((call) => {
    seen.push(call);
    return answer(call);
  });
  return [seen, use()];
}

test("openTcpSocket is one of AF_INET", () => {
  const [seen, fd] = calls(
    () => binding.openTcpSocket(),
    ({ call }) => (call === "socket" ? number(FD) : NOTHING),
  );
  expect(fd).toBe(FD);
  expect(seen[0]).toMatchObject({ call: "socket", fd: constants.AF_INET, level: constants.SOCK_STREAM, option: 0 });
});

describe("openUnixSocket", () => {
  test("gives a stream that programs do not inherit", () => {
    const [seen, fd] = calls(
      () => binding.openUnixSocket(),
      ({ call }) => (call === "socket" ? number(FD) : NOTHING),
    );
    expect(fd).toBe(FD);
    expect(seen).toMatchObject([
      { call: "socket", fd: constants.AF_UNIX, level: constants.SOCK_STREAM, option: 0 },
      { call: "fcntl", fd: FD, level: constants.F_SETFD, option: constants.FD_CLOEXEC },
    ]);
  });

  test("closes what it can't keep from them", () => {
    const [seen, error] = calls(
      () => binding.openUnixSocket(),
      ({ call }) => (call === "socket" ? number(FD) : call === "fcntl" ? constants.EBADF : NOTHING),
    );
    expect(error).toBe(-constants.EBADF);
    expect(seen.at(-1)).toMatchObject({ call: "close", fd: FD });
  });
});

describe("bindUnix", () => {
  const bytes = (path: string) => new TextEncoder().encode(path);

  test("gives the path as Apple's struct has it, with a 0 behind it", () => {
    const [[call], result] = calls(
      () => binding.bindUnix(FD, bytes("/tmp/é")),
      () => NOTHING,
    );
    const whole = encode(structs.sockaddr_un, { sun_family: constants.AF_UNIX, sun_path: [...bytes("/tmp/é")] });
    expect(result).toBe(0);
    expect(call).toMatchObject({ call: "bind", fd: FD, capacity: 2 + bytes("/tmp/é").length + 1 });
    expect([...(call?.given ?? [])]).toEqual([...whole.subarray(0, call?.capacity)]);
  });

  test("103 bytes have room, 104 make no system call", () => {
    const [seen, result] = calls(
      () => [binding.bindUnix(FD, bytes("x".repeat(103))), binding.bindUnix(FD, bytes("x".repeat(104)))],
      () => NOTHING,
    );
    expect(seen).toHaveLength(1);
    expect(result).toEqual([0, expect.any(Number)]);
    expect((result as number[])[1]).toBeLessThan(0);
  });

  test("tells of the system's error", () => {
    const [, result] = calls(
      () => binding.bindUnix(FD, bytes("/tmp/x")),
      () => constants.EADDRINUSE,
    );
    expect(result).toBe(-constants.EADDRINUSE);
    expect(binding.errno.EADDRINUSE).toBe(constants.EADDRINUSE);
  });
});

test("setModeOfPath follows no link", () => {
  const [seen] = calls(
    () => binding.setModeOfPath(new TextEncoder().encode("/tmp/x\0"), 0o660),
    () => NOTHING,
  );
  const { AT_FDCWD, AT_SYMLINK_NOFOLLOW } = constants;
  expect(seen).toMatchObject([{ call: "fchmodat", fd: AT_FDCWD, level: 0o660, option: AT_SYMLINK_NOFOLLOW }]);
  expect(Buffer.from(seen[0]?.given ?? NOTHING).toString()).toBe("/tmp/x");
});

test("tryLock does not wait", () => {
  const [seen, result] = calls(
    () => binding.tryLock(FD),
    () => constants.EWOULDBLOCK,
  );
  expect(seen).toMatchObject([{ call: "flock", fd: FD, level: constants.LOCK_EX | constants.LOCK_NB }]);
  expect(result).toBe(-binding.errno.EWOULDBLOCK);
});

test("names and ids come out of Apple's structs", async () => {
  const [name, , uid, gid] = execFileSync("getent", ["passwd", "1"], { encoding: "utf8" }).split(":");
  const [group] = execFileSync("getent", ["group", String(gid)], { encoding: "utf8" }).split(":");
  expect(await lookUpPeerNames({ uid: Number(uid), gid: Number(gid) })).toEqual({ userName: name, groupName: group });
  expect(await lookUpUserId(name as string)).toBe(Number(uid));
  expect(await lookUpGroupId(group as string)).toBe(Number(gid));
  expect(await lookUpUserId("nobody-of-this-name")).toBeUndefined();
});
