// The sockets that systemd passes to a service: which are found by the variables of sd_listen_fds(3), and what is
// refused.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { activating, environmentFor, startService, type Passed } from "../helpers/activation";
import { startChild } from "../helpers/processes";

const unix = (): Passed => ({ kind: "unix", path: socketPath() });

/** The service's answers: all sockets, and the one of each name. `null` stands for no name. */
async function reportOf(
  passed: readonly Passed[],
  environment: Record<string, string>,
  ...names: (string | null)[]
): Promise<{ all: unknown; answers: readonly unknown[] }> {
  const { all, answers } = await startService({ names }, passed, environment).next();
  return { all, answers };
}

/** The answers of one process that gets these environments one after the other. */
async function reportsOf(
  passed: readonly Passed[],
  rows: readonly { environment: Record<string, string>; names: readonly (string | null)[] }[],
): Promise<unknown[]> {
  const { next } = startChild("environments.mjs", [JSON.stringify(rows)], activating(passed, {}));
  const reports = [];
  while (reports.length < rows.length) reports.push(await next());
  return reports;
}

/** The environment that systemd sets for one socket, except for these variables. */
const except = (variables: Record<string, string>) => ({
  LISTEN_PID: "$pid",
  LISTEN_FDS: "1",
  LISTEN_FDNAMES: "api",
  ...variables,
});

const noListener = 'The "name" argument must be the name of a listener';
const severalListeners = 'The "name" argument must be the name of only one listener';

const refusal = (code: string, detail: string) => ({
  code: `ERR_SOCKINFO_${code}`,
  message: expect.stringContaining(detail),
});

describe.skipIf(lacks("linux", "python"))("a service that was passed", () => {
  test("one socket finds it, though it has no name", async () => {
    const socket = unix();
    const listener = { fd: 3, name: "unknown", path: socket.path };
    expect(await reportOf([socket], environmentFor([socket]), null, "unknown", "api")).toEqual({
      all: [listener],
      answers: [
        listener,
        listener,
        refusal("INVALID_ARGUMENT", `${noListener}. Received type string ('api'). The names are "unknown"`),
      ],
    });
  });

  test("several sockets finds each by its name, and never guesses", async () => {
    const passed = [unix(), unix(), { kind: "unix", path: `\0${socketPath()}` } as const];
    const listenersOf = (names: string[]) =>
      passed.map(({ path }, index) => ({ fd: 3 + index, name: names[index], path }));
    const problem = (detail: string) => refusal("INVALID_ARGUMENT", detail);
    const row = (names: string[], ...asked: (string | null)[]) => ({
      environment: environmentFor(passed, names),
      names: asked,
    });
    const [each, twice] = [
      ["api", "", "admin.socket"],
      ["api", "api", "admin"],
    ];
    const [tooMany, tooFew] = [["api", "admin", "api", "admin"], ["api"]];
    const reports = await reportsOf(passed, [
      row(each, ...each, null, "ap"),
      row(twice, "api", "admin"),
      row(tooMany, "api", null),
      row(tooFew, "api", null),
    ]);
    const list = 'The names are "api", "", "admin.socket"';
    const wrongNumber = (names: string[]) =>
      problem(`LISTEN_FDNAMES must have 3 names, as LISTEN_FDS says. Received ${names.length}`);
    expect(reports).toEqual([
      {
        all: listenersOf(each),
        answers: [
          ...listenersOf(each),
          problem(`${severalListeners}. Received undefined. ${list}`),
          problem(`${noListener}. Received type string ('ap'). ${list}`),
        ],
      },
      {
        all: listenersOf(twice),
        answers: [
          problem(`${severalListeners}. Received type string ('api'). The names are "api", "api", "admin"`),
          listenersOf(twice)[2],
        ],
      },
      ...[tooMany, tooFew].map((names) => ({
        all: wrongNumber(names),
        answers: [wrongNumber(names), wrongNumber(names)],
      })),
    ]);
  });
});

describe.skipIf(lacks("linux", "python"))("sockets of other kinds", () => {
  const others: [Passed["kind"], string][] = [
    ["tcp", "NOT_UNIX"],
    ["file", "NOT_UNIX"],
    ["datagram", "NOT_UNIX"],
    ["seqpacket", "NOT_UNIX"],
    ["connection", "NOT_LISTENING"],
    ["bound", "NOT_LISTENING"],
  ];

  test("are refused by name, and do not hide the Unix socket", async () => {
    const passed = [...others.map(([kind]) => ({ kind, path: socketPath() })), unix()];
    const names = [...others.map(([kind]) => kind), "api"];
    const listener = { fd: 9, name: "api", path: passed.at(-1)?.path };
    expect(await reportOf(passed, environmentFor(passed, names), ...names, null)).toEqual({
      all: [listener],
      answers: [...others.map(([kind, code]) => refusal(code, `"${kind}"`)), listener, listener],
    });
  });

  test("are refused if they are the only one", async () => {
    const reports = await Promise.all(
      others.map(async ([kind]) => {
        const passed = [{ kind, path: socketPath() }];
        return [kind, await reportOf(passed, environmentFor(passed), null)];
      }),
    );
    const refused = (code: string) => ({ all: [], answers: [refusal(code, 'descriptor 3, "unknown"')] });
    expect(reports).toEqual(others.map(([kind, code]) => [kind, refused(code)]));
  });
});

describe.skipIf(lacks("linux", "python"))("LISTEN_FDS", () => {
  const wrong = [
    "-1",
    "+1",
    "1.5",
    "1.0",
    "0x1",
    "0b1",
    "1e0",
    "01",
    " 1",
    "1 ",
    "1\n",
    "all",
    "Infinity",
    "1_0",
    "\u0661",
  ];
  const huge = ["65537", "1e9", "1000000000", "4294967297", "9".repeat(400)];

  test("that is not a decimal number up to 65,536 is refused, and no socket is looked for", async () => {
    const counts = [...wrong, ...huge];
    const rows = counts.map((count) => ({ environment: except({ LISTEN_FDS: count }), names: [null] }));
    const reports = await reportsOf([unix()], rows);
    const problem = refusal("INVALID_ARGUMENT", "LISTEN_FDS must be a decimal number up to 65536. Received '");
    expect(counts.map((count, index) => [count, reports[index]])).toEqual(
      counts.map((count) => [count, { all: problem, answers: [problem] }]),
    );
  });

  test("of more than are open, up to 65,536, leaves out those that are not", async () => {
    const socket = unix();
    const rows = ["90", "65536"].map((count) => ({
      environment: { LISTEN_PID: "$pid", LISTEN_FDS: count },
      names: [null],
    }));
    const listener = { fd: 3, name: "unknown", path: socket.path };
    const report = { all: [listener], answers: [listener] };
    expect(await reportsOf([socket], rows)).toEqual([report, report]);
  });
});

test.skipIf(lacks("linux", "python"))(
  "a process that systemd has not started in this way has no listeners",
  async () => {
    const wrong = [
      { LISTEN_PID: "1" },
      { LISTEN_PID: "" },
      { LISTEN_PID: "$pid0" },
      { LISTEN_FDS: "0" },
      { LISTEN_FDS: "" },
      { LISTEN_PID: "0x$pid" },
      { LISTEN_PID: " $pid" },
      { LISTEN_PID: "$pid.0" },
    ];
    const socket = unix();
    // With the right variables the same process has a listener.
    const environments = [...wrong.map(except), {}, except({})];
    const reports = await reportsOf(
      [socket],
      environments.map((environment) => ({ environment, names: [null, "api"] })),
    );
    const listener = { fd: 3, name: "api", path: socket.path };
    const none = { all: [], answers: [null, null] };
    expect(environments.map((environment, index) => [environment, reports[index]])).toEqual([
      ...environments.slice(0, -1).map((environment) => [environment, none]),
      [except({}), { all: [listener], answers: [listener, listener] }],
    ]);
  },
);
