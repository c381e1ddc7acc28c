// Calls the native functions with any arguments on any descriptors. fuzz.mts runs this file in a Node with sanitizers.
// SOCKINFO_FUZZ_BINARY is the path of the instrumented binary.
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import {
  createConnection,
  createServer,
  type AddressInfo,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import * as fc from "fast-check";
import type { Descriptor, NativeBinding } from "../../src/addon/native-binding.ts";
import { bytes } from "./bytes.mts";
import { claim, expect, tryClaims } from "./claims.mts";

const { EBADF, EBUSY, EFAULT, ENOTCONN } = constants.errno;
const QUESTIONS = [
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
  "tryLock",
] as const;
const INTO = ["peerGroupsInto", "peerLabelInto", "mptcpInfoInto"] as const;

const loaded = { exports: {} };
process.dlopen(loaded, process.env["SOCKINFO_FUZZ_BINARY"] as string);
const binding = loaded.exports as NativeBinding;

// More groups than fit into the buffer of the binding, if this process may set them.
if (process.getuid?.() === 0) process.setgroups?.(Array.from({ length: 300 }, (_, index) => index + 1));

const folder = mkdtempSync(join(tmpdir(), "sockinfo-fuzz-"));
process.chdir(folder);
const closers: (() => void)[] = [];
const fds = [
  ...(await connect({ host: "127.0.0.1", port: 0 })),
  ...(await connect({ path: join(folder, "socket") })),
  openSync("/dev/null", "r"),
  closedFd(),
];

/** The descriptors of both ends and of the listener. */
async function connect(options: ListenOptions): Promise<number[]> {
  const server = createServer().listen(options);
  await once(server, "listening");
  const { path } = options;
  const client = path ? createConnection(path) : createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  closers.push(
    () => accepted.destroy(),
    () => client.destroy(),
    () => server.close(),
  );
  const ends: (Socket | Server)[] = [accepted, client, server];
  return ends.map((end) => (end as unknown as { _handle: { fd: number } })._handle.fd);
}

function closedFd(): number {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  return fd;
}

const anything = fc.anything({ withTypedArray: true, withBigInt: true, withNullPrototype: true, withDate: true });
const numbers = fc.oneof(
  fc.constantFrom(...fds),
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, 2 ** 31, 2 ** 32, 2 ** 53),
);

interface Target {
  readonly value: unknown;
  /** The whole buffer, if `value` is a part of it. The bytes around `value` must not change. */
  readonly surroundings?: Uint8Array;
}

const GUARD = 0xa5;
/** The length of the binding's buffer. */
const ROW = 512;
const lengths = fc.oneof(fc.nat(16), fc.constantFrom(511, 512, 513, 1199, 1200, 1201, 65_536));
const targets: fc.Arbitrary<Target> = fc.oneof(
  fc.tuple(lengths, fc.nat(9), fc.constantFrom(ArrayBuffer, SharedArrayBuffer)).map(([length, offset, Kind]) => {
    const surroundings = new Uint8Array(new Kind(length + 20)).fill(GUARD);
    return { value: surroundings.subarray(offset, offset + length), surroundings };
  }),
  lengths.map((length) => ({ value: detached(new Uint8Array(length)) })),
  fc.tuple(lengths, fc.nat(600)).map(([length, less]) => ({ value: shrunk(length, less) })),
  anything.map((value) => ({ value })),
);

function detached<T extends Uint8Array | Uint16Array | Int32Array>(array: T): T {
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

/** TypeScript's library for ES 2023 lacks it. Every supported Node has it. */
const ResizableBuffer = ArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => ArrayBuffer & { resize(length: number): void };

/** A view whose buffer has become too short for it. */
function shrunk(length: number, less: number): Uint8Array {
  const buffer = new ResizableBuffer(length, { maxByteLength: length });
  const array = new Uint8Array(buffer, 0, length);
  buffer.resize(Math.max(0, length - less));
  return array;
}

/** The side effects of reading the `fd` of a handle. */
const SIDE_EFFECTS = {
  nothing: () => {},
  throw: () => {
    throw new Error("no");
  },
  "call all functions": () => QUESTIONS.forEach((question) => binding[question](fds[0] as number)),
  "detach the target": ({ value }: Target) => {
    if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer)
      structuredClone(value, { transfer: [value.buffer] });
  },
};

type Source = (target: Target) => Descriptor;

const described = (source: Source, text: string): Source =>
  Object.defineProperty(source, fc.toStringMethod, { value: () => text });

const sources: fc.Arbitrary<Source> = fc.oneof(
  fc.oneof(numbers, anything).map((value) => described(() => value as Descriptor, inspect(value))),
  fc
    .tuple(fc.constantFrom(...Object.entries(SIDE_EFFECTS)), fc.oneof(numbers, anything))
    .map(([[name, sideEffect], fd]) => {
      const handle = (target: Target) => ({
        get fd() {
          sideEffect(target);
          return fd as number;
        },
      });
      return described(handle, `handle of ${inspect(fd)}, with a getter that does: ${name}`);
    }),
  numbers.map((fd) => described(() => new Proxy({}, { get: () => fd }) as Descriptor, `proxy with ${fd}`)),
);

function checkAnswer(answer: unknown, call: string): void {
  expect(Number.isInteger(answer) && (answer as number) > -4096, `${call}: ${String(answer)}`);
}

const questions = fc.property(sources, fc.constantFrom(...QUESTIONS), (source, question) => {
  const argument = source({ value: undefined });
  checkAnswer((binding[question] as (fd: Descriptor) => number)(argument), question);
  if (typeof argument === "number" && !(Number.isInteger(argument) && argument >= 0 && argument < 2 ** 31))
    expect(binding[question](argument) === -EBADF, `${argument} is not a descriptor`);
});

const lists = fc.property(sources, targets, fc.constantFrom(...INTO), (source, target, question) => {
  const { value, surroundings } = target;
  const before = value instanceof Uint8Array ? value.length : 0;
  const answer = binding[question](source(target), value as Uint8Array);
  checkAnswer(answer, question);
  if (!(value instanceof Uint8Array))
    expect(answer === -EFAULT || answer === -EBADF, `${answer} for a target that is not a Uint8Array`);
  if (!surroundings?.length) return;
  const written = answer >= 0 && answer <= before ? answer : 0;
  const kept = surroundings.filter((byte) => byte === GUARD).length;
  expect(kept >= surroundings.length - written, `${surroundings.length - kept} bytes written, but ${written} reported`);
});

const descriptors = fc.oneof(
  fc.array(fc.oneof(fc.constantFrom(...fds), fc.integer()), { maxLength: 4 }).map((list) => Int32Array.from(list)),
  fc.nat(4).map((length) => detached(new Int32Array(length))),
  anything,
);
const rows: fc.Arbitrary<Target> = fc.oneof(
  targets,
  fc.tuple(fc.nat(4), fc.integer({ min: -1, max: 1 })).map(([count, more]) => {
    const surroundings = new Uint8Array(20 + count * ROW).fill(GUARD);
    return { value: surroundings.subarray(9, Math.max(9, 9 + count * ROW + more)), surroundings };
  }),
);

/** Calls the getter itself, because optimized code of Node 20 sometimes reads the old length of a detached array. */
const lengthOf = (array: Uint8Array): number => Reflect.get(array, "length");

/** A detached array can't be copied. */
const copyOf = (array: Int32Array) => (array.length === 0 ? new Int32Array(0) : array.slice());

const many = fc.property(descriptors, rows, (list, { value, surroundings }) => {
  const before = list instanceof Int32Array ? copyOf(list) : undefined;
  const isEnough = before !== undefined && value instanceof Uint8Array && lengthOf(value) >= before.length * ROW;
  const answer = binding.tcpInfoRows(list as Int32Array, value as Uint8Array);
  expect(answer === (isEnough ? 0 : -EFAULT), `${answer} for ${before?.length ?? "no"} descriptors`);
  const after = isEnough ? [...copyOf(list as Int32Array)] : [];
  for (const length of after) checkAnswer(length, "tcpInfoRows");
  for (const [index, length] of after.entries())
    if ((before?.[index] as number) < 0) expect(length === -EBADF, `${before?.[index]} is not a descriptor`);
  if (!surroundings?.length) return;
  const written = after.reduce((sum, length) => sum + Math.max(0, length), 0);
  const kept = surroundings.filter((byte) => byte === GUARD).length;
  expect(kept >= surroundings.length - written, `${surroundings.length - kept} bytes written, but ${written} reported`);
});

/** Opens a pidfd for each valid source and closes it at once, half of them twice. */
const processes = fc.property(sources, anything, fc.boolean(), (source, stranger, isTwice) => {
  const owned = binding.openPeerProcess(source({ value: undefined }));
  for (const call of ["processDescriptor", "hasProcessEnded", "closeProcess"] as const)
    expect(binding[call](stranger as never) === -EBADF, `${call} accepts an argument that is not a process`);
  if (typeof owned === "number") return checkAnswer(owned, "openPeerProcess");
  expect(
    binding.processDescriptor(owned) > 0 && binding.hasProcessEnded(owned) === 0,
    "the pidfd is not one of this process",
  );
  expect(binding.closeProcess(owned) === 0, "closing failed");
  if (isTwice) expect(binding.closeProcess(owned) === -EBADF, "the second close() did not return -EBADF");
});

/** Binds sockets to any bytes. A path is relative to `folder`, which is removed. */
const paths = fc.property(targets, fc.boolean(), ({ value }, isAbstract) => {
  if (value instanceof Uint8Array && value.byteLength > 1) value[0] = isAbstract ? 0 : 0x2e;
  if (value instanceof Uint8Array && value.byteLength > 1) value[1] = 0x2f;
  const fd = binding.openUnixSocket();
  const answer = binding.bindUnix(fd, value as Uint8Array);
  expect(binding.closeDescriptor(fd) === 0, "closing failed");
  checkAnswer(answer, "bindUnix");
  if (!(value instanceof Uint8Array)) expect(answer === -EFAULT, `${answer} for a path that is not a Uint8Array`);
});

/** A SocketId of any bytes, at any address. */
const ids: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(4, 6, 0), bytes({ minLength: 55, maxLength: 55 }), fc.nat(9))
  .map(([version, rest, offset]) => {
    const id = new Uint8Array(80).subarray(offset, offset + 56);
    id.set([version, ...rest]);
    return id;
  });
const ROW_BYTES = 456;

const answers = fc.property(fc.oneof(ids, anything), targets, (id, { value, surroundings }) => {
  const before = value instanceof Uint8Array ? lengthOf(value) : 0;
  const answer = binding.findTcpSocket(id as Uint8Array, value as Uint8Array);
  checkAnswer(answer, "findTcpSocket");
  expect(answer <= 0, `${answer} is neither 0 nor an error number`);
  if (!(id instanceof Uint8Array) || id.length !== 56 || before < ROW_BYTES)
    expect(answer === -EFAULT, `${answer} for an id or a target of another length`);
  if (!surroundings?.length) return;
  const written = surroundings.length - surroundings.filter((byte) => byte === GUARD).length;
  expect(written <= (answer === 0 ? ROW_BYTES : 0), `${written} bytes written, but ${answer} returned`);
});

const portLists = fc.oneof(
  fc.array(fc.nat(65_535), { maxLength: 300 }).map((list) => Uint16Array.from(list)),
  fc.nat(4).map((length) => detached(new Uint16Array(length))),
  anything,
);
const callbacks = fc.oneof(
  fc.constant(() => {}),
  anything,
);

/** Starts the thread for each valid pair of arguments, and ends it at once. */
const events = fc.property(portLists, portLists, callbacks, (ports, others, callback) => {
  const isValid = ports instanceof Uint16Array && typeof callback === "function";
  const started = binding.startDestroyEvents(ports as Uint16Array, callback as () => void);
  expect(started === (isValid ? 0 : -EFAULT), `startDestroyEvents returned ${started}`);
  if (isValid) expect(binding.startDestroyEvents(ports, () => {}) === -EBUSY, "a second thread was started");
  const set = binding.setDestroyPorts(others as Uint16Array);
  const expected = others instanceof Uint16Array ? 0 : -EFAULT;
  expect(set === (isValid ? expected : -ENOTCONN), `setDestroyPorts returned ${set}`);
  expect(binding.stopDestroyEvents() === 0, "stopping failed");
  expect(binding.setDestroyPorts(new Uint16Array(1)) === -ENOTCONN, "the thread was not ended");
});

tryClaims(
  {
    "the native functions return a number for any argument": claim(questions),
    "groups and labels are written only into their target": claim(lists),
    "openPeerProcess returns a process that can be closed once, or a number, for any argument": claim(processes),
    "bindUnix returns a number for any bytes": claim(paths),
    "structs are written only into their rows": claim(many),
    "findTcpSocket returns a number for any id": claim(answers),
    "the thread for destroyed sockets starts and ends with any arguments": claim(events),
  },
  0.4,
);
for (const close of closers) close();
rmSync(folder, { recursive: true });
