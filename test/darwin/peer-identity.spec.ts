// getPeerIdentity on the fake Mac: audit token, effective pid, and the parts that macOS lacks, through the compiled
// macOS binary.
import { getPeerIdentity, openPeerProcess, tryOpenPeerProcess } from "sockinfo";
import { describe, expect, test } from "vitest";
import { answerWith, type Answers } from "./answers.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();

/** Any number will do, because the kernel ignores it. */
const FD = 42;

const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const answers: Answers = {
  localFamily: constants.AF_UNIX,
  peerCredentials: encode(structs.xucred, { cr_uid: 501, cr_ngroups: 2, cr_groups: [20, 12] }),
  peerPid: words(4711),
  peerEffectivePid: words(4712),
  peerToken: words(501, 502, 20, 503, 21, 4713, 100_004, 99),
};

const ask = (more: Answers = {}) => {
  const calls = answerWith({ ...answers, ...more });
  return { identity: getPeerIdentity(FD), calls };
};

describe("the identity", () => {
  test("has the fields of the audit token as libbsm reads them, and its bytes", () => {
    const { identity } = ask();
    expect(identity).toMatchObject({ uid: 501, gid: 20, groups: [12], pid: 4711, effectivePid: 4712 });
    expect(identity.auditToken).toEqual({
      auditUid: 501,
      uid: 502,
      gid: 20,
      realUid: 503,
      realGid: 21,
      pid: 4713,
      auditSessionId: 100_004,
      pidVersion: 99,
      bytes: answers.peerToken,
    });
  });

  test("is read with SOL_LOCAL and Apple's option numbers", () => {
    const asked = ask().calls.map(({ call, level, option }) => (call === "getsockopt" ? [level, option] : call));
    expect(asked).toContainEqual([constants.SOL_LOCAL, constants.LOCAL_PEEREPID]);
    expect(asked).toContainEqual([constants.SOL_LOCAL, constants.LOCAL_PEERTOKEN]);
  });

  test("has no auditUid if nobody has logged in", () => {
    expect(ask({ peerToken: words(0xffff_ffff, 0, 0, 0, 0, 1, 2, 3) }).identity.auditToken?.auditUid).toBeUndefined();
  });

  test("has no label, which only Linux has", () => {
    const { securityLabel, absent } = ask().identity;
    expect(securityLabel).toBeUndefined();
    expect(absent).toEqual({ securityLabel: expect.objectContaining({ code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" }) });
  });

  test.each([
    ["ENOTCONN", -constants.ENOTCONN, "ERR_SOCKINFO_PEER_GONE"],
    ["EINVAL", -constants.EINVAL, "ERR_SOCKINFO_PEER_GONE"],
    ["ENOPROTOOPT", -constants.ENOPROTOOPT, "ERR_SOCKINFO_UNSUPPORTED_KERNEL"],
    ["a token that is cut short", words(1, 2, 3), "ERR_SOCKINFO_UNSUPPORTED_KERNEL"],
  ])("%s does not affect the other parts", (_name, answer, code) => {
    const { identity } = ask({ peerToken: answer });
    expect(identity).toMatchObject({ uid: 501, pid: 4711, effectivePid: 4712, auditToken: undefined });
    expect(identity.absent.auditToken).toMatchObject({ code });
  });

  test("keeps the ids of a peer that has gone", () => {
    const gone = -constants.ENOTCONN;
    const { identity } = ask({ peerPid: gone, peerEffectivePid: gone, peerToken: gone });
    expect(identity).toMatchObject({ uid: 501, gid: 20, pid: undefined, effectivePid: undefined });
    for (const part of ["pid", "effectivePid", "auditToken"] as const)
      expect(identity.absent[part]).toMatchObject({ code: "ERR_SOCKINFO_PEER_GONE" });
  });
});

test("openPeerProcess is not supported", () => {
  answerWith(answers);
  expect(() => openPeerProcess(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" }));
  expect(tryOpenPeerProcess(FD)).toBeUndefined();
});
