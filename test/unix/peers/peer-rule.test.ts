// Which peers a rule admits: real clients of another user, whose group ids differ from its user id.
import { createServer } from "node:net";
import { allowPeers, type PeerRefusal, type PeerRule } from "sockinfo/unix";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { openToAll, type Visit, visitAll, VISITOR } from "../helpers/visitors";

const { uid, gid, groups } = VISITOR;
const [group] = groups;

interface Outcome extends Visit {
  readonly refusals: readonly PeerRefusal[];
}

/** One visitor process comes to a server with each of these rules. Returns what it receives, and the refusals. */
async function tryRules(rules: readonly PeerRule[]): Promise<Outcome[]> {
  const servers = await Promise.all(
    rules.map(async (rule) => {
      const server = createServer((socket) => socket.end("welcome"));
      const refusals: PeerRefusal[] = [];
      allowPeers(server, rule).on("refused", (refusal) => refusals.push(refusal));
      return { path: await openToAll(server), refusals };
    }),
  );
  const visits = await visitAll(servers.map(({ path }) => path));
  return visits.map((each, index) => ({ ...each, refusals: servers[index]?.refusals ?? [] }));
}

async function tryRule(rule: PeerRule): Promise<Outcome> {
  const [outcome] = await tryRules([rule]);
  return outcome as Outcome;
}

describe.skipIf(lacks("root", "setpriv"))("a client with other ids", () => {
  test("is admitted by rules that name it", async () => {
    const rules: Record<string, PeerRule> = {
      "its user id": { uids: [0, uid] },
      "its group id": { gids: [gid] },
      "its group id, as one of its groups": { groups: [gid] },
      "a supplementary group": { groups: [1, group] },
      "one of several kinds of ids": { uids: [1], gids: [1], groups: [group] },
      "a check alone": { check: (peer) => peer.uid === uid && peer.groups?.length === 2 },
      "ids and a check": { uids: [uid], check: () => true },
    };
    const names = Object.keys(rules);
    const outcomes = await tryRules(Object.values(rules));
    expect(names.map((name, index) => [name, outcomes[index]])).toMatchObject(
      names.map((name) => [name, { received: "welcome", refusals: [] }]),
    );
  });

  test("is refused by rules that do not, with the reason", async () => {
    const rules: [string, PeerRule, string][] = [
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
      // An unhandled rejection would fail the run.
      [
        "a check that returns a promise that rejects",
        { check: (() => Promise.reject(new Error("late"))) as never },
        "check-failed",
      ],
    ];
    const outcomes = await tryRules(rules.map(([, rule]) => rule));
    const pid = outcomes[0]?.pid;
    const peer = { uid, gid, groups: expect.arrayContaining([...groups]), pid };
    const description = `unix:uid=${uid},pid=${pid}`;
    expect(rules.map(([name], index) => [name, outcomes[index]])).toMatchObject(
      rules.map(([name, , reason]) => [name, { received: "", refusals: [{ reason, peer, description }] }]),
    );
  });

  test.each<[string, object]>([
    ["label", { label: ["no such label"] }],
    ["checks", { checks: () => false }],
    ["Check", { Check: () => false }],
    ["labels", Object.create({ labels: ["no such label"] })],
  ])("is not admitted by the rest of a rule whose %s is misspelt or inherited", async (_name, condition) => {
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
