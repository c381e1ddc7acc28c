// The system calls of own_socket.h and socket_file.h in the compiled macOS binary, with Apple's numbers. And names.h,
// with Apple's structs.
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

/** The system calls while `use` runs. `answer` answers each. */
function calls(use: () => unknown, answer: (call: SystemCall) => number | Uint8Array): [SystemCall[], unknown] {
  const seen: SystemCall[] = [];
  useKernel((call) => {
    seen.push(call);
    return answer(call);
  });
  return [seen, use()];
}

test("openTcpSocket opens a socket of AF_INET", () => {
  const [seen, fd] = calls(
    () => binding.openTcpSocket(),
    ({ call }) => (call === "socket" ? number(FD) : NOTHING),
  );
  expect(fd).toBe(FD);
  expect(seen[0]).toMatchObject({ call: "socket", fd: constants.AF_INET, level: constants.SOCK_STREAM, option: 0 });
});

describe("openUnixSocket", () => {
  test("opens a stream socket that other programs do not inherit", () => {
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

  test("closes the socket if it can't set FD_CLOEXEC", () => {
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

  test("passes the path in Apple's struct, with a final 0", () => {
    const [[call], result] = calls(
      () => binding.bindUnix(FD, bytes("/tmp/é")),
      () => NOTHING,
    );
    const whole = encode(structs.sockaddr_un, { sun_family: constants.AF_UNIX, sun_path: [...bytes("/tmp/é")] });
    expect(result).toBe(0);
    expect(call).toMatchObject({ call: "bind", fd: FD, capacity: 2 + bytes("/tmp/é").length + 1 });
    expect([...(call?.given ?? [])]).toEqual([...whole.subarray(0, call?.capacity)]);
  });

  test("accepts 103 bytes, and makes no system call for 104", () => {
    const [seen, result] = calls(
      () => [binding.bindUnix(FD, bytes("x".repeat(103))), binding.bindUnix(FD, bytes("x".repeat(104)))],
      () => NOTHING,
    );
    expect(seen).toHaveLength(1);
    expect(result).toEqual([0, expect.any(Number)]);
    expect((result as number[])[1]).toBeLessThan(0);
  });

  test("returns the system's error", () => {
    const [, result] = calls(
      () => binding.bindUnix(FD, bytes("/tmp/x")),
      () => constants.EADDRINUSE,
    );
    expect(result).toBe(-constants.EADDRINUSE);
    expect(binding.errno.EADDRINUSE).toBe(constants.EADDRINUSE);
  });
});

test("setModeOfPath does not follow a symbolic link", () => {
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

test("names and ids are read from Apple's structs", async () => {
  const [name, , uid, gid] = execFileSync("getent", ["passwd", "1"], { encoding: "utf8" }).split(":");
  const [group] = execFileSync("getent", ["group", String(gid)], { encoding: "utf8" }).split(":");
  expect(await lookUpPeerNames({ uid: Number(uid), gid: Number(gid) })).toEqual({ userName: name, groupName: group });
  expect(await lookUpUserId(name as string)).toBe(Number(uid));
  expect(await lookUpGroupId(group as string)).toBe(Number(gid));
  expect(await lookUpUserId("nobody-of-this-name")).toBeUndefined();
});
