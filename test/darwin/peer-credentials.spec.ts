// getPeerCredentials on the fake Mac, from a source through the compiled macOS binary to a kernel with correct and
// hostile answers. Apple's header, not our table, lays out the bytes.
import { getFd, getPeerCredentials, tryGetPeerCredentials } from "sockinfo";
import { describe, expect, test } from "vitest";
import { connectPair, socketPath } from "../helpers/servers";
import { answerWith, type Answers } from "./answers.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();

/** Any number will do, because the kernel ignores it. */
const FD = 42;

/** The groups of a Mac's first user: staff and others. */
const USER = { cr_version: 0, cr_uid: 501, cr_ngroups: 5, cr_groups: [20, 12, 61, 80, 701] };

const credentialsOf = (values: Record<string, number | readonly number[]>) => encode(structs.xucred, values);
const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);
const answers: Answers = {
  localFamily: constants.AF_UNIX,
  peerCredentials: credentialsOf(USER),
  peerPid: word(4711),
};

const ask = (more: Answers = {}) => {
  const calls = answerWith({ ...answers, ...more });
  const asked = () => calls.map(({ call, level, option }) => (call === "getsockopt" ? `${level}/${option}` : call));
  return { credentials: () => getPeerCredentials(FD), asked };
};

/** The error code of the throwing form, and the result of the try form, which must be undefined. */
function expectRefusal(more: Answers, refusal: object): void {
  const { credentials } = ask(more);
  expect(credentials).toThrow(expect.objectContaining(refusal));
  expect(tryGetPeerCredentials(FD)).toBeUndefined();
}

describe("the answer", () => {
  test("has uid, gid, supplementary groups and pid, from three system calls", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const calls = answerWith(answers);
    expect(getPeerCredentials(accepted)).toEqual({ uid: 501, gid: 20, pid: 4711, groups: [12, 61, 80, 701] });
    const fd = getFd(accepted);
    expect(calls).toEqual([
      { call: "getsockname", fd, level: 0, option: 0, capacity: 128 },
      { call: "getsockopt", fd, level: 0, option: 1, capacity: 512 },
      { call: "getsockopt", fd, level: 0, option: 2, capacity: 512 },
    ]);
    expect([constants.SOL_LOCAL, constants.LOCAL_PEERCRED, constants.LOCAL_PEERPID]).toEqual([0, 1, 2]);
  });

  test("is read once for each connection, and frozen", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const calls = answerWith(answers);
    const first = getPeerCredentials(accepted);
    expect(getPeerCredentials(accepted)).toBe(first);
    expect(tryGetPeerCredentials(accepted)).toBe(first);
    expect(calls).toHaveLength(3);
    expect(Object.isFrozen(first) && Object.isFrozen(first.groups)).toBe(true);
  });

  test("keeps ids of 32 bits", () => {
    const nobody = credentialsOf({ cr_uid: 4_294_967_294, cr_ngroups: 2, cr_groups: [4_294_967_294, 3_000_000_000] });
    expect(ask({ peerCredentials: nobody }).credentials()).toMatchObject({
      uid: 4_294_967_294,
      gid: 4_294_967_294,
      groups: [3_000_000_000],
    });
  });

  test.each([
    ["no group", 0, 0],
    ["a number of groups that is none", -1, 0],
    ["one group, which is the effective one", 1, 0],
    ["as many groups as there is room for", 16, 15],
    ["more groups than there is room for", 17, 15],
    ["the most that the number can say", 32_767, 15],
  ])("of a peer with %s", (_name, cr_ngroups, supplementary) => {
    const cr_groups = Array.from({ length: 16 }, (_, index) => index + 100);
    const peerCredentials = credentialsOf({ ...USER, cr_ngroups, cr_groups });
    expect(ask({ peerCredentials }).credentials()).toEqual({
      uid: 501,
      gid: 100,
      pid: 4711,
      groups: cr_groups.slice(1, supplementary + 1),
    });
  });

  test.each([
    ["has gone", -constants.ENOTCONN],
    ["is the kernel", word(0)],
    ["is told in two bytes", word(4711).subarray(0, 2)],
    ["is told in none", new Uint8Array(0)],
  ])("has no pid when the peer %s", (_name, peerPid) => {
    expect(ask({ peerPid }).credentials()).toEqual({ uid: 501, gid: 20, pid: undefined, groups: [12, 61, 80, 701] });
  });

  test("may come in a longer struct than today's", () => {
    const peerCredentials = new Uint8Array(600).fill(0xff);
    peerCredentials.set(credentialsOf(USER));
    expect(ask({ peerCredentials }).credentials()).toMatchObject({ uid: 501, groups: [12, 61, 80, 701] });
  });
});

describe("refusals", () => {
  test.each(["AF_INET", "AF_INET6"] as const)("a socket of %s: SOL_LOCAL would be IPPROTO_IP there", (family) => {
    const localFamily = constants[family];
    expectRefusal({ localFamily }, { code: "ERR_SOCKINFO_NOT_UNIX" });
    const { credentials, asked } = ask({ localFamily });
    expect(credentials).toThrow();
    expect(asked()).toEqual(["getsockname"]);
  });

  test("a descriptor that is not a socket", () => {
    expect(constants.ENOTSOCK).toBe(38);
    expectRefusal({ localFamily: -38 }, { code: "ERR_SOCKINFO_NOT_UNIX" });
  });

  test.each([
    ["ENOTCONN", 57],
    ["EINVAL", 22],
  ] as const)("%s, on macOS %i: a listener, or a socket that is not connected", (name, number) => {
    expect(constants[name]).toBe(number);
    expectRefusal(
      { peerCredentials: -number },
      { code: "ERR_SOCKINFO_NOT_CONNECTED", errno: -number, syscall: "getsockopt" },
    );
  });

  test.each([
    ["of another version", credentialsOf({ ...USER, cr_version: 1 })],
    ["one byte short", credentialsOf(USER).subarray(0, 75)],
    ["cut after the version", credentialsOf(USER).subarray(0, 4)],
    ["of no bytes", new Uint8Array(0)],
  ])("a struct %s", (_name, peerCredentials) => {
    // The bytes of an earlier answer in the buffer must not be used.
    ask().credentials();
    expectRefusal({ peerCredentials }, { code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" });
  });

  test("EBADF keeps its name, and the try form throws it, too", () => {
    const { credentials } = ask({ localFamily: -constants.EBADF });
    const closed = { code: "EBADF", errno: -constants.EBADF, syscall: "getsockname" };
    expect(credentials).toThrow(expect.objectContaining(closed));
    expect(() => tryGetPeerCredentials(FD)).toThrow(expect.objectContaining({ code: "EBADF" }));
  });

  test.each([
    ["getsockname", { localFamily: -1 }],
    ["getsockopt", { peerCredentials: -1 }],
  ] as const)("a sandbox that denies %s has its own error code", (syscall, more) => {
    const { credentials } = ask(more);
    const denial = { code: "ERR_SOCKINFO_SYSTEM_CALL_DENIED", errno: -1, syscall };
    expect(credentials).toThrow(expect.objectContaining(denial));
    expect(tryGetPeerCredentials(FD)).toBeUndefined();
  });
});
