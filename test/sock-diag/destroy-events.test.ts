// The native listener without the package: its arguments, and which sockets it announces. /proc/net/netlink counts the
// sockets, and the cookies are those that SO_COOKIE has.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { binding } from "../helpers/binding";
import { lacks } from "../helpers/needs";
import { listen, portOf, until } from "../helpers/servers";

const { EBUSY, EFAULT, ENOTCONN } = constants.errno;
const ROW_BYTES = 456;
const COOKIE_OFFSET = 48;

interface Received {
  readonly cookies: bigint[];
  /** The statuses of the batches, the self-test's first. */
  readonly statuses: number[];
}

function start(ports: readonly number[]): Received {
  const received: Received = { cookies: [], statuses: [] };
  const errno = binding.startDestroyEvents(Uint16Array.from(ports), (rows, _, status) => {
    received.statuses.push(status);
    const view = new DataView(rows);
    for (let at = 0; at < rows.byteLength; at += ROW_BYTES)
      received.cookies.push(new BigUint64Array(view.buffer.slice(at + COOKIE_OFFSET, at + COOKIE_OFFSET + 8))[0] ?? 0n);
  });
  expect(errno).toBe(0);
  return received;
}

/** Makes a connection, closes it, and returns the cookie of the server's end. */
async function closeOne(server: Server): Promise<bigint> {
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const client = connect(portOf(server), "127.0.0.1").resume();
  const [socket] = await accepted;
  binding.cookie((socket as unknown as { _handle: { fd: number } })._handle);
  const [cookie = 0n] = new BigUint64Array(binding.buffer.slice(0, 8));
  socket.destroy();
  await once(client, "close");
  return cookie;
}

afterEach(() => void binding.stopDestroyEvents());

describe.skipIf(lacks("linux"))("the native listener", () => {
  test("refuses wrong arguments", () => {
    expect(binding.setDestroyPorts(new Uint16Array(1))).toBe(-ENOTCONN);
    for (const wrong of [undefined, null, 1, [1], new Uint8Array(2), new Int16Array(1), {}]) {
      expect(binding.startDestroyEvents(wrong as never, () => {})).toBe(-EFAULT);
      expect(binding.startDestroyEvents(new Uint16Array(1), wrong as never)).toBe(-EFAULT);
    }
    start([0]);
    expect(binding.startDestroyEvents(new Uint16Array(1), () => {})).toBe(-EBUSY);
    expect(binding.setDestroyPorts([1] as never)).toBe(-EFAULT);
    expect(binding.stopDestroyEvents()).toBe(0);
    expect(binding.stopDestroyEvents()).toBe(0);
    expect(binding.setDestroyPorts(new Uint16Array(1))).toBe(-ENOTCONN);
  });

  test("announces the sockets of its ports only, and of all ports with more than 255", async () => {
    const [one, other] = [await listen(createServer()), await listen(createServer())];
    const received = start([0]);
    await until(() => received.statuses.length > 0);
    expect(received.statuses[0]).toBe(0);
    binding.setDestroyPorts(Uint16Array.of(portOf(one)));
    const hidden = await closeOne(other);
    const first = await closeOne(one);
    await until(() => received.cookies.includes(first));
    // The kernel announces in the order of the ends, more or less. This one came later.
    const second = await closeOne(one);
    await until(() => received.cookies.includes(second));
    expect(received.cookies).not.toContain(hidden);

    // 255 ports, of which the last counts. Then 256, which do not contain it.
    const ports = Uint16Array.from({ length: 256 }, (_, index) => index + 1);
    binding.setDestroyPorts(Uint16Array.of(...ports.subarray(0, 254), portOf(other)));
    const [unseen, last] = [await closeOne(one), await closeOne(other)];
    await until(() => received.cookies.includes(last));
    expect(received.cookies).not.toContain(unseen);
    expect(binding.setDestroyPorts(ports)).toBe(0);
    const any = await closeOne(one);
    await until(() => received.cookies.includes(any));
  });
});
