// Which peers a rule admits: real clients of another user, whose group ids differ from its user id.
import { createServer } from "node:net";
import { allowPeers, type PeerRefusal, type PeerRule } from "sockinfo/unix";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { openToAll, visit, VISITOR } from "../helpers/visitors";

const { uid, gid, groups } = VISITOR;
const [group] = groups;

/** What the visitor receives, and the refusals that the gate emits. */
async function tryRule(rule: PeerRule): Promise<{ received: string; refusals: PeerRefusal[]; pid: number }> {
  const server = createServer((socket) => socket.end("welcome"));
  const refusals: PeerRefusal[] = [];
  allowPeers(server, rule).on("refused", (refusal) => refusals.push(refusal));
  return { ...(await visit(await openToAll(server))), refusals };
}

describe.skipIf(lacks("root", "setpriv"))("a client with other ids", () => {
  test.each<[string, PeerRule]>([
    ["its user id", { uids: [0, uid] }],
    ["its group id", { gids: [gid] }],
    ["its group id, as one of its groups", { groups: [gid] }],
    ["a supplementary group", { groups: [1, group] }],
    ["one of several kinds of ids", { uids: [1], gids: [1], groups: [group] }],
    ["a check alone", { check: (peer) => peer.uid === uid && peer.groups?.length === 2 }],
    ["ids and a check", { uids: [uid], check: () => true }],
  ])("gets in by %s", async (_name, rule) => {
    expect(await tryRule(rule)).toMatchObject({ received: "welcome", refusals: [] });
  });

  test.each<[string, PeerRule, string]>([
    ["an empty rule", {}, "ids"],
    ["empty lists", { uids: [], gids: [], groups: [] }, "ids"],
    ["others' user ids", { uids: [0, gid, group] }, "ids"],
    ["its supplementary group and its user id, as effective group ids", { gids: [group, uid] }, "ids"],
    ["others' groups", { groups: [0, uid] }, "ids"],
    ["others' ids, though the check returns true", { uids: [0], check: () => true }, "ids"],
    ["a label, where the kernel has none or another", { uids: [uid], labels: ["no such label"] }, "label"],
    ["a check that returns false", { uids: [uid], check: () => false }, "check"],
    ["a check that returns undefined", { check: (() => undefined) as never }, "check-failed"],
    ["a check that returns 1", { check: (() => 1) as never }, "check-failed"],
    ["a check that returns a promise", { check: (async () => true) as never }, "check-failed"],
  ])("does not get in by %s", async (_name, rule, reason) => {
    const { received, refusals, pid } = await tryRule(rule);
    expect(received).toBe("");
    const peer = { uid, gid, groups: expect.arrayContaining([...groups]), pid };
    expect(refusals).toMatchObject([{ reason, peer, description: `unix:uid=${uid},pid=${pid}` }]);
  });

  test.each<[string, object]>([
    ["label", { label: ["no such label"] }],
    ["checks", { checks: () => false }],
    ["Check", { Check: () => false }],
    ["labels", Object.create({ labels: ["no such label"] })],
  ])("does not get in by the rest of a rule whose %s is misspelt or inherited", async (_name, condition) => {
    const rule = Object.setPrototypeOf({ uids: [uid], ...condition }, Object.getPrototypeOf(condition)) as PeerRule;
    await expect(tryRule(rule)).rejects.toMatchObject({
      code: "ERR_SOCKINFO_INVALID_ARGUMENT",
      message: expect.stringMatching(
        /^The "rule" argument .+(?:Did you mean "(?:labels|check)"\?|inherits nothing\. .+)$/,
      ),
    });
  });

  test("a check that throws refuses, and the refusal has the exception", async () => {
    const error = new Error("no database");
    const rule: PeerRule = {
      uids: [uid],
      check: () => {
        throw error;
      },
    };
    expect(await tryRule(rule)).toMatchObject({ received: "", refusals: [{ reason: "check-failed", error }] });
  });

  test("a check is called once for each connection, with the identity", async () => {
    const seen: unknown[] = [];
    const { pid } = await tryRule({ check: (peer) => seen.push(peer) > 0 });
    expect(seen).toMatchObject([{ uid, gid, pid, absent: {} }]);
  });
});

test.each<[unknown, unknown?, unknown?]>([
  [undefined],
  ["uids"],
  [{ uids: 0 }],
  [{ uids: ["0"] }],
  [{ uids: [-1] }],
  [{ uids: [0.5] }],
  [{ uids: [0xffff_ffff] }],
  [{ gids: [null] }],
  [{ groups: {} }],
  [{ labels: "unconfined" }],
  [{ labels: [1] }],
  [{ check: true }],
  [{ allowOverflowIds: 1 }],
  [{ allowOtherPidNamespaces: "yes" }],
  [{}, null],
  [{}, { refuseWith: 404 }],
  [{}, { refuseWith: 403 }],
  [{}, {}, {}],
])("the rule %o with the options %o is refused at once", (rule, options, server = createServer()) => {
  const code = "ERR_SOCKINFO_INVALID_ARGUMENT";
  expect(() => allowPeers(server as never, rule as never, options as never)).toThrow(expect.objectContaining({ code }));
});

describe.skipIf(lacks("linux"))("the overflow id", () => {
  test.each(["uids", "gids", "groups"])("is refused in %s", (list) => {
    expect(() => allowPeers(createServer(), { [list]: [65_534] })).toThrow(/65534/);
    expect(() => allowPeers(createServer(), { [list]: [65_534], allowOverflowIds: true })).not.toThrow();
  });
});
