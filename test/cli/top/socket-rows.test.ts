// The order and the filter of the kernel's rows, over dumps whose numbers are made.
import { expect, test } from "vitest";
import { SocketLook } from "../../../src/cli/top/socket-look";
import { rowsOf } from "../../../src/cli/top/socket-rows";
import { totalsOf } from "../../../src/cli/top/socket-totals";
import type { TcpSocketDump, TcpSocketRow } from "../../../src/core";
import { STATE_NAMES } from "../../../src/tcp-info/linux-names";

interface MadeSocket {
  readonly remote: string;
  readonly port?: number;
  readonly state?: string;
  readonly numbers?: Readonly<Record<string, number>>;
}

/** As the kernel would list them, with the cookies 1, 2, … */
function dumpOf(sockets: readonly MadeSocket[]): TcpSocketDump {
  const local = { address: "::ffff:192.0.2.1", port: 443 };
  const remoteAt = (index: number) => ({ address: sockets[index]?.remote ?? "", port: sockets[index]?.port ?? 599 });
  const stateAt = (index: number) => sockets[index]?.state ?? "ESTABLISHED";
  const numberAt = (name: string, index: number): number => {
    if (name === "cookie") return index + 1;
    if (name === "state") return (STATE_NAMES as readonly unknown[]).indexOf(stateAt(index));
    if (name === "localPort") return local.port;
    return name === "remotePort" ? remoteAt(index).port : (sockets[index]?.numbers?.[name] ?? 0);
  };
  const dump: Partial<TcpSocketDump> = {
    length: sockets.length,
    getColumns: (names) =>
      Object.fromEntries(
        names.map((name) => [name, Float64Array.from(sockets, (_, index) => numberAt(name, index))]),
      ) as never,
    getEndpoints: (index) => ({ local, remote: remoteAt(index) }),
    get: (index) =>
      ({ cookie: BigInt(index + 1), local, remote: remoteAt(index), state: stateAt(index) }) as TcpSocketRow,
  };
  return dump as TcpSocketDump;
}

const lookAt = (sockets: readonly MadeSocket[], before?: SocketLook): SocketLook =>
  new SocketLook(dumpOf(sockets), before === undefined ? 0 : 1000, before, undefined);

const ALL = { isDescending: true, filter: "", first: 0, count: 100 } as const;

test("trouble: timers that ran out, then new retransmissions, unsent bytes and queueing, as on a page", () => {
  const sockets: MadeSocket[] = [
    { remote: "192.0.2.11", numbers: { rttMs: 5, minRttMs: 1 } },
    { remote: "192.0.2.12", numbers: { notSentBytes: 1 } },
    { remote: "192.0.2.13", numbers: { retransmittedSegments: 1 } },
    { remote: "192.0.2.14", numbers: { timerBackoffs: 1 } },
    { remote: "192.0.2.15", numbers: { timerBackoffs: 7 } },
    { remote: "192.0.2.16", numbers: { notSentBytes: 1e9 } },
    { remote: "192.0.2.17", numbers: { retransmittedSegments: 4000 } },
  ];
  const before = lookAt(sockets.map(({ remote }) => ({ remote })));
  const { rows } = rowsOf(lookAt(sockets, before), { ...ALL, order: "trouble" }, undefined);
  expect(rows.map(({ remote }) => remote.slice(8, 10)).join()).toBe("15,14,17,13,16,12,11");
});

test("remote: all bytes of an address and the port count", () => {
  const sorted = [
    "9.0.0.1",
    "192.0.2.7",
    "::ffff:192.0.2.8",
    "2001:db8::1",
    "2001:db8::1:7",
    "2001:db8::1:8",
    "2001:db8:0:1::1",
  ];
  const sockets: MadeSocket[] = sorted.flatMap((remote) => [
    { remote, port: 70 },
    { remote, port: 600 },
  ]);
  const look = lookAt(sockets.toReversed());
  const { rows } = rowsOf(look, { ...ALL, order: "remote", isDescending: false }, undefined);
  expect(rows.map(({ id }) => sockets.length - Number.parseInt(id.slice(3), 16))).toEqual([...sockets.keys()]);
  expect(rows.map(({ remote }) => remote).slice(4, 7)).toEqual(["192.0.2.8:70", "192.0.2.8:600", "[2001:db8::1]:70"]);
});

test.each([
  ["", "1,2,3"],
  [":599", "1"],
  [":59", ""],
  [":5990", "2"],
  [":443", "1,2,3"],
  ["close-w", "3"],
  ["CLOSE_WAIT", "3"],
  ["192.0.2.7", "1,2"],
  ["2.7:59", "1,2"],
  ["DB8::", "3"],
])("the filter %s", (filter, expected) => {
  const look = lookAt([
    { remote: "192.0.2.7", port: 599 },
    { remote: "::ffff:192.0.2.7", port: 5990 },
    { remote: "2001:db8::1", port: 7, state: "CLOSE_WAIT" },
  ]);
  const { rows, matching } = rowsOf(look, { ...ALL, order: "age", filter }, undefined);
  expect(rows.map(({ id }) => id.slice(3)).join()).toBe(expected);
  expect(matching).toBe(rows.length);
});

test("sockets that are no connections are counted by their state only", () => {
  const states = ["TIME_WAIT", "ESTABLISHED", "NEW_SYN_RECV", "TIME_WAIT", "LISTEN"];
  const totals = totalsOf(lookAt(states.map((state) => ({ remote: "192.0.2.7", state }))));
  expect(totals).toMatchObject({
    connections: 1,
    states: { TIME_WAIT: 2, ESTABLISHED: 1, NEW_SYN_RECV: 1, LISTEN: 1 },
  });
});
