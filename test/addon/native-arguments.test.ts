// The native functions without the package: a handle stands for its descriptor number. No other argument is taken for
// a descriptor, and none crashes the process.
import { closeSync, openSync, statSync } from "node:fs";
import { constants } from "node:os";
import { getFd, getTcpInfoBytes } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { binding } from "../helpers/binding";
import { lacks } from "../helpers/needs";
import { connectPair, socketPath } from "../helpers/servers";

const { EBADF, EFAULT, EINVAL, ENAMETOOLONG, ENOSYS } = constants.errno;
const CALLS_WITH_DESCRIPTOR = [
  "tcpInfo",
  "peerCredentials",
  "unixPeer",
  "peerPid",
  "peerEffectivePid",
  "peerLabel",
  "peerToken",
  "cookie",
  "tcpInfoAndCookie",
  "protocol",
  "peerFamily",
  "localFamily",
  "unixPath",
  "isListening",
  "isStream",
  "congestionName",
  "congestionInfo",
  "socketOptions",
  "socketQueues",
  "socketMemory",
  "remoteAddress",
  "addresses",
  "openPeerProcess",
  "tryLock",
  "closeDescriptor",
] as const;
const CALLS_WITH_BUFFER = ["peerGroupsInto", "peerLabelInto", "mptcpInfoInto"] as const;

const handleOf = (socket: object) => (socket as { _handle: { fd: number } })._handle;

describe("a handle", () => {
  test("of a TCP connection is equal to its number", async () => {
    const { accepted } = await connectPair();
    const handle = handleOf(accepted);
    const { length } = getTcpInfoBytes(accepted);
    expect(binding.tcpInfo(handle)).toBe(length);
    expect(binding.tcpInfo(getFd(accepted))).toBe(length);
    expect(new Uint8Array(binding.buffer)[0]).toBe(process.platform === "linux" ? 1 : 4);
  });

  test("of a Unix connection is equal to its number", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const handle = handleOf(accepted);
    expect(binding.peerFamily(handle)).toBe(binding.unixFamily);
    expect(binding.localFamily(handle)).toBe(binding.unixFamily);
    expect(binding.peerCredentials(handle)).toBe(binding.peerCredentials(getFd(accepted)));
  });

  test("that is closed: EBADF", async () => {
    const { accepted } = await connectPair();
    const handle = handleOf(accepted);
    accepted.destroy();
    for (const question of CALLS_WITH_DESCRIPTOR) expect(binding[question](handle as never)).toBe(-EBADF);
  });
});

describe("an argument that is not a descriptor", () => {
  const sources = [undefined, null, {}, [], "0", "x", true, Symbol("x"), 1n, NaN, Infinity, 0.5, -1, 2 ** 31, -0.5];
  const handles = [{ fd: NaN }, { fd: 0.5 }, { fd: -1 }, { fd: "0" }, { fd: null }, { fd: { fd: 0 } }];

  test.each([...sources, ...handles].map((source) => [source]))("%o", (source) => {
    for (const question of CALLS_WITH_DESCRIPTOR) expect(binding[question](source as never)).toBe(-EBADF);
    for (const into of CALLS_WITH_BUFFER) expect(binding[into](source as never, new Uint8Array(8))).toBe(-EBADF);
    expect(binding.bindUnix(source as never, new Uint8Array(8))).toBe(-EBADF);
  });

  test("a getter that throws", () => {
    const throwing = {
      get fd(): number {
        throw new Error("no");
      },
    };
    for (const question of CALLS_WITH_DESCRIPTOR) expect(binding[question](throwing as never)).toBe(-EBADF);
    for (const into of CALLS_WITH_BUFFER) expect(binding[into](throwing, new Uint8Array(8))).toBe(-EBADF);
  });

  test("no argument at all", () => {
    for (const question of CALLS_WITH_DESCRIPTOR) expect((binding[question] as () => number)()).toBe(-EBADF);
    for (const into of [...CALLS_WITH_BUFFER, "bindUnix"] as const)
      expect((binding[into] as unknown as () => number)()).toBe(-EBADF);
  });
});

test.each([undefined, null, {}, new ArrayBuffer(8), new Uint32Array(2), new DataView(new ArrayBuffer(8))])(
  "buffers and paths must be a Uint8Array, not %o",
  (target) => {
    for (const into of CALLS_WITH_BUFFER) expect(binding[into](0, target as never)).toBe(-EFAULT);
    expect(binding.bindUnix(0, target as never)).toBe(-EFAULT);
    expect(binding.setModeOfPath(target as never, 0)).toBe(-EFAULT);
  },
);

test("openTcpSocket() opens a TCP socket, which can be closed once", () => {
  const fd = binding.openTcpSocket();
  expect(binding.isStream(fd)).toBe(1);
  if (process.platform === "linux") expect(binding.protocol(fd)).toBe(6);
  expect(binding.localFamily(fd)).not.toBe(binding.unixFamily);
  expect(binding.closeDescriptor(fd)).toBe(0);
  expect(binding.closeDescriptor(fd)).toBe(-EBADF);
});

describe("a path", () => {
  const bind = (path: Uint8Array) => {
    const fd = binding.openUnixSocket();
    const result = binding.bindUnix(fd, path);
    return [result, binding.closeDescriptor(fd)];
  };

  test("must not be empty or too long", () => {
    const detached = new Uint8Array(8);
    structuredClone(detached, { transfer: [detached.buffer] });
    for (const empty of [new Uint8Array(), detached]) expect(bind(empty)).toEqual([-EINVAL, 0]);
    for (const length of [108, 109, 4096]) expect(bind(new Uint8Array(length).fill(47))).toEqual([-ENAMETOOLONG, 0]);
  });

  test("of setModeOfPath() must end with a 0", () => {
    expect(binding.setModeOfPath(new Uint8Array(), 0)).toBe(-EFAULT);
    expect(binding.setModeOfPath(Uint8Array.of(47), 0)).toBe(-EFAULT);
  });

  test.skipIf(lacks("linux"))("of setModeOfPath() exists on macOS only", () => {
    expect(binding.setModeOfPath(Uint8Array.of(47, 0), 0)).toBe(-ENOSYS);
    expect(binding.setModeOfPath(Uint8Array.of(47, 0), "0" as never)).toBe(-EINVAL);
  });
});

describe.skipIf(lacks("linux"))("the owner and the mode of a file", () => {
  const CALLS = ["setOwnerOfFile", "setModeOfFile"] as const;

  test("can be set with a descriptor only", () => {
    for (const call of CALLS) {
      for (const fd of [undefined, null, "0", NaN, 0.5, -1]) expect(binding[call](fd as never, 0, 0)).toBe(-EBADF);
      expect((binding[call] as unknown as () => number)()).toBe(-EBADF);
    }
  });

  test("must be numbers, or nothing is changed", () => {
    const path = socketPath();
    const fd = openSync(path, "w", 0o640);
    onTestFinished(() => closeSync(fd));
    const before = statSync(path, { bigint: true }).ctimeNs;
    for (const wrong of [undefined, null, "0", {}, 0n]) {
      expect(binding.setModeOfFile(fd, wrong as never)).toBe(-EINVAL);
      expect(binding.setOwnerOfFile(fd, wrong as never, 0)).toBe(-EINVAL);
      expect(binding.setOwnerOfFile(fd, 0, wrong as never)).toBe(-EINVAL);
    }
    expect(statSync(path, { bigint: true }).ctimeNs).toBe(before);
  });

  test("are set with a descriptor of O_PATH, too", () => {
    const path = socketPath();
    closeSync(openSync(path, "w", 0o640));
    const fd = openSync(path, 0o10_000_000);
    onTestFinished(() => closeSync(fd));
    const { uid, gid, mode } = statSync(path);
    // An older kernel returns ENOSYS.
    const changed = binding.setModeOfFile(fd, 0o604);
    expect([0, -ENOSYS]).toContain(changed);
    expect(statSync(path).mode & 0o777).toBe(changed === 0 ? 0o604 : mode & 0o777);
    expect(binding.setOwnerOfFile(fd, uid, gid)).toBe(0);
  });
});

describe("the owner of a pidfd", () => {
  test.each([undefined, null, 0, 3, "x", {}, [], Object.create(null), () => {}, new Uint8Array(8), new Proxy({}, {})])(
    "is not %o",
    (stranger) => {
      for (const call of ["processDescriptor", "hasProcessEnded", "closeProcess"] as const)
        expect(binding[call](stranger as never)).toBe(-EBADF);
    },
  );

  test.skipIf(lacks("pidfd"))("can be closed once", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const owned = binding.openPeerProcess(handleOf(accepted));
    if (typeof owned === "number") throw new Error(`no pidfd: ${owned}`);
    expect(binding.hasProcessEnded(owned)).toBe(0);
    expect(binding.processDescriptor(owned)).toBeGreaterThan(0);
    expect([binding.closeProcess(owned), binding.closeProcess(owned)]).toEqual([0, -EBADF]);
    expect([binding.hasProcessEnded(owned), binding.processDescriptor(owned)]).toEqual([-EBADF, -EBADF]);
    // Neither an object that inherits from it nor a copy is one.
    for (const other of [Object.create(owned), { ...owned }, new Proxy(owned, {})])
      expect(binding.processDescriptor(other as never)).toBe(-EBADF);
  });
});

test("looking up a name or an id of any type crashes nothing", async () => {
  const anything = [
    undefined,
    null,
    {},
    [],
    "",
    "x".repeat(5000),
    "a\0b",
    "\ud800",
    NaN,
    -1,
    2 ** 40,
    Symbol("x"),
    1n,
    () => {},
  ];
  for (const question of ["findUserName", "findGroupName", "findUserId", "findGroupId"] as const) {
    for (const about of anything) {
      const answer: unknown = await binding[question](about as never);
      expect(["string", "number", "undefined"]).toContain(typeof answer);
    }
  }
  expect(await binding.findUserId("x".repeat(5000))).toBeUndefined();
});

describe("many descriptors at once", () => {
  const rowBytes = binding.buffer.byteLength;
  const GUARD = 0xa5;

  /** A view of the middle of a buffer. The bytes before and after it must not change. */
  const guarded = (count: number, Kind: typeof ArrayBuffer | typeof SharedArrayBuffer = ArrayBuffer) => {
    const surroundings = new Uint8Array(new Kind(count * rowBytes + 20)).fill(GUARD);
    return { rows: surroundings.subarray(7, 7 + count * rowBytes), surroundings };
  };

  test.each([ArrayBuffer, SharedArrayBuffer])("each into its own row, in %o", async (Kind) => {
    const { accepted, client } = await connectPair();
    const unix = await connectPair({ path: socketPath() });
    const { length } = getTcpInfoBytes(accepted);
    const refusal = binding.tcpInfo(getFd(unix.accepted));
    const { rows, surroundings } = guarded(5, Kind);
    const fds = new Int32Array(new Kind(5 * 4));
    fds.set([getFd(accepted), -1, getFd(unix.accepted), getFd(client), 2 ** 31 - 1]);
    expect(binding.tcpInfoRows(fds, rows)).toBe(0);
    expect([...fds]).toEqual([length, -EBADF, refusal, length, -EBADF]);
    const untouched = (from: number, to: number) => surroundings.slice(from, to).every((byte) => byte === GUARD);
    expect(untouched(0, 7)).toBe(true);
    expect(untouched(7 + length, 7 + 3 * rowBytes)).toBe(true);
    expect(untouched(7 + 3 * rowBytes + length, surroundings.length)).toBe(true);
    expect([rows[0], rows[3 * rowBytes]]).toEqual(process.platform === "linux" ? [1, 1] : [4, 4]);
  });

  test("no descriptor, and more rows than descriptors", () => {
    expect(binding.tcpInfoRows(new Int32Array(0), new Uint8Array(0))).toBe(0);
    const { rows, surroundings } = guarded(3);
    expect(binding.tcpInfoRows(Int32Array.of(-1), rows)).toBe(0);
    expect(surroundings.every((byte) => byte === GUARD)).toBe(true);
  });

  test("a buffer that is a byte too short for the rows: nothing is read", async () => {
    const { accepted } = await connectPair();
    const fd = getFd(accepted);
    const { rows, surroundings } = guarded(2);
    const fds = Int32Array.of(fd, fd);
    expect(binding.tcpInfoRows(fds, rows.subarray(1))).toBe(-EFAULT);
    expect([...fds]).toEqual([fd, fd]);
    expect(surroundings.every((byte) => byte === GUARD)).toBe(true);
  });

  test("arrays whose buffer was transferred", async () => {
    const { accepted } = await connectPair();
    const lose = <T extends Uint8Array | Int32Array>(array: T): T => {
      structuredClone(array, { transfer: [array.buffer] });
      return array;
    };
    const fds = Int32Array.of(getFd(accepted));
    expect(binding.tcpInfoRows(fds, lose(new Uint8Array(rowBytes)))).toBe(-EFAULT);
    expect([...fds]).toEqual([getFd(accepted)]);
    const { rows, surroundings } = guarded(1);
    expect(binding.tcpInfoRows(lose(fds), rows)).toBe(0);
    expect(surroundings.every((byte) => byte === GUARD)).toBe(true);
  });

  test("descriptors and rows in the same buffer", async () => {
    const { accepted } = await connectPair();
    const rows = new Uint8Array(4 * rowBytes);
    const fds = new Int32Array(rows.buffer, 0, 4).fill(getFd(accepted));
    // The first row overwrites the other descriptors. Their results are undefined, but nothing is written beyond the
    // buffer.
    expect(binding.tcpInfoRows(fds, rows)).toBe(0);
    expect(fds[0]).toBe(getTcpInfoBytes(accepted).length);
  });

  const others = [undefined, null, {}, [0], 0, "0", new ArrayBuffer(4), new DataView(new ArrayBuffer(512))];

  test.each([...others, new Uint32Array(1), new Float64Array(1), new Uint8Array(4)].map((fds) => [fds]))(
    "descriptors must be an Int32Array, not %o",
    (fds) => expect(binding.tcpInfoRows(fds as never, new Uint8Array(rowBytes))).toBe(-EFAULT),
  );

  test.each(
    [...others, new Uint8ClampedArray(rowBytes), new Int8Array(rowBytes), new Uint32Array(rowBytes)].map((rows) => [
      rows,
    ]),
  )("rows must be a Uint8Array, not %o", (rows) =>
    expect(binding.tcpInfoRows(Int32Array.of(0), rows as never)).toBe(-EFAULT),
  );

  test("no argument at all", () => {
    expect((binding.tcpInfoRows as unknown as () => number)()).toBe(-EFAULT);
  });
});
