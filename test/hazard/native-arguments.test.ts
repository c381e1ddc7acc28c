// The native functions by themselves: a handle is as good as the number that it holds, and no argument is taken for another's
// descriptor or brings the process down.
import { constants } from "node:os";
import { getFd, getTcpInfoBytes } from "sockinfo";
import { describe, expect, test } from "vitest";
import { binding } from "../helpers/binding";
import { connectPair, socketPath } from "../helpers/servers";

const { EBADF, EFAULT } = constants.errno;
const QUESTIONS = ["tcpInfo", "peerCredentials", "peerGroups", "peerPid", "peerFamily", "localFamily"] as const;

const handleOf = (socket: object) => (socket as { _handle: { fd: number } })._handle;

describe("a handle", () => {
  test("of a TCP connection is read as its number is", async () => {
    const { accepted } = await connectPair();
    const handle = handleOf(accepted);
    const { length } = getTcpInfoBytes(accepted);
    expect(binding.tcpInfo(handle)).toBe(length);
    expect(binding.tcpInfo(getFd(accepted))).toBe(length);
    expect(new Uint8Array(binding.buffer)[0]).toBe(process.platform === "linux" ? 1 : 4);
  });

  test("of a Unix connection is read as its number is", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const handle = handleOf(accepted);
    expect(binding.peerFamily(handle)).toBe(binding.unixFamily);
    expect(binding.localFamily(handle)).toBe(binding.unixFamily);
    expect(binding.peerCredentials(handle)).toBe(binding.peerCredentials(getFd(accepted)));
  });

  test("that is closed has no number any more", async () => {
    const { accepted } = await connectPair();
    const handle = handleOf(accepted);
    accepted.destroy();
    for (const question of QUESTIONS) expect(binding[question](handle)).toBe(-EBADF);
  });
});

describe("what is no descriptor", () => {
  const sources = [undefined, null, {}, [], "0", "x", true, Symbol("x"), 1n, NaN, Infinity, 0.5, -1, 2 ** 31, -0.5];
  const handles = [{ fd: NaN }, { fd: 0.5 }, { fd: -1 }, { fd: "0" }, { fd: null }, { fd: { fd: 0 } }];

  test.each([...sources, ...handles].map((source) => [source]))("%o", (source) => {
    for (const question of QUESTIONS) expect(binding[question](source as never)).toBe(-EBADF);
    expect(binding.peerGroupsInto(source as never, new Uint8Array(8))).toBe(-EBADF);
  });

  test("a getter that throws", () => {
    const throwing = {
      get fd(): number {
        throw new Error("no");
      },
    };
    for (const question of QUESTIONS) expect(binding[question](throwing)).toBe(-EBADF);
    expect(binding.peerGroupsInto(throwing, new Uint8Array(8))).toBe(-EBADF);
  });

  test("no argument at all", () => {
    for (const question of QUESTIONS) expect((binding[question] as () => number)()).toBe(-EBADF);
    expect((binding.peerGroupsInto as unknown as () => number)()).toBe(-EBADF);
  });
});

test.each([undefined, null, {}, new ArrayBuffer(8), new Uint32Array(2), new DataView(new ArrayBuffer(8))])(
  "groups are written into a Uint8Array only, not into %o",
  (target) => expect(binding.peerGroupsInto(0, target as never)).toBe(-EFAULT),
);
