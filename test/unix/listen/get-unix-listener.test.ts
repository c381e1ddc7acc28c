// Sockets that systemd hands to a service: which are found, by the variables of sd_listen_fds(3), and what is refused.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { environmentFor, startService, type Passed } from "../helpers/activation";

const unix = (): Passed => ({ kind: "unix", path: socketPath() });

/** What the service says of its sockets, asked for these names; `null` stands for none. */
async function reportOf(
  passed: readonly Passed[],
  environment: Record<string, string>,
  ...names: (string | null)[]
): Promise<{ all: unknown; answers: readonly unknown[] }> {
  const { all, answers } = await startService({ names }, passed, environment).next();
  return { all, answers };
}

const noListener = 'The "name" argument must be the name of a listener';
const severalListeners = 'The "name" argument must be the name of only one listener';

const refusal = (code: string, detail: string) => ({
  code: `ERR_SOCKINFO_${code}`,
  message: expect.stringContaining(detail),
});

describe.skipIf(lacks("linux", "python"))("a service that is given", () => {
  test("one socket finds it, though nobody has named it", async () => {
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

  test("several finds each by its name, and never guesses", async () => {
    const passed = [unix(), unix(), { kind: "unix", path: `\0${socketPath()}` } as const];
    const names = ["api", "", "admin.socket"];
    const listeners = passed.map(({ path }, index) => ({ fd: 3 + index, name: names[index], path }));
    const list = 'The names are "api", "", "admin.socket"';
    expect(await reportOf(passed, environmentFor(passed, names), ...names, null, "ap")).toEqual({
      all: listeners,
      answers: [
        ...listeners,
        refusal("INVALID_ARGUMENT", `${severalListeners}. Received undefined. ${list}`),
        refusal("INVALID_ARGUMENT", `${noListener}. Received type string ('ap'). ${list}`),
      ],
    });
  });

  test("several of one name does not take one of them", async () => {
    const passed = [unix(), unix(), unix()];
    const { answers } = await reportOf(passed, environmentFor(passed, ["api", "api", "admin"]), "api", "admin");
    expect(answers).toEqual([
      refusal(
        "INVALID_ARGUMENT",
        `${severalListeners}. Received type string ('api'). The names are "api", "api", "admin"`,
      ),
      { fd: 5, name: "admin", path: passed[2]?.path },
    ]);
  });

  test.each([
    ["more names than sockets", ["api", "admin"]],
    ["fewer names than sockets", []],
  ])("%s trusts none", async (_, more) => {
    const passed = [unix(), unix()];
    const environment = environmentFor(passed, ["api", ...more, ...more]);
    const names = 1 + 2 * more.length;
    const problem = refusal(
      "INVALID_ARGUMENT",
      `LISTEN_FDNAMES must have 2 names, as LISTEN_FDS says. Received ${names}`,
    );
    expect(await reportOf(passed, environment, "api", null)).toEqual({ all: problem, answers: [problem, problem] });
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

  test("are refused by name, and don't stand in the way of those that are meant", async () => {
    const passed = [...others.map(([kind]) => ({ kind, path: socketPath() })), unix()];
    const names = [...others.map(([kind]) => kind), "api"];
    const listener = { fd: 9, name: "api", path: passed.at(-1)?.path };
    expect(await reportOf(passed, environmentFor(passed, names), ...names, null)).toEqual({
      all: [listener],
      answers: [...others.map(([kind, code]) => refusal(code, `"${kind}"`)), listener, listener],
    });
  });

  test.each(others)("%s is refused where it is the only one", async (kind, code) => {
    const passed = [{ kind, path: socketPath() }];
    const { all, answers } = await reportOf(passed, environmentFor(passed), null);
    expect({ all, answers }).toEqual({ all: [], answers: [refusal(code, 'descriptor 3, "unknown"')] });
  });

  test("a descriptor that is not open is refused", async () => {
    const passed = [unix()];
    const environment = { ...environmentFor(passed), LISTEN_FDS: "90" };
    const { all, answers } = await reportOf(passed, environment, null);
    expect({ all, answers }).toEqual({
      all: [expect.anything()],
      answers: [{ fd: 3, name: "unknown", path: passed[0]?.path }],
    });
  });
});

describe.skipIf(lacks("linux", "python"))(
  "a number of sockets that is none is refused, and no socket is looked for",
  () => {
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

    test.each([...wrong, ...huge])("%j", async (count) => {
      const passed = [unix()];
      const environment = { ...environmentFor(passed), LISTEN_FDS: count };
      const problem = refusal("INVALID_ARGUMENT", "LISTEN_FDS must be a decimal number up to 65536. Received '");
      expect(await reportOf(passed, environment, null)).toEqual({ all: problem, answers: [problem] });
    });

    test("the most that may be are looked at", async () => {
      const passed = [unix()];
      const environment = { ...environmentFor(passed), LISTEN_FDS: "65536" };
      const listener = { fd: 3, name: "unknown", path: passed[0]?.path };
      expect(await reportOf(passed, environment, null)).toEqual({ all: [listener], answers: [listener] });
    });
  },
);

describe.skipIf(lacks("linux", "python"))("a process that was not started so has none", () => {
  test.each<Record<string, string>>([
    { LISTEN_PID: "1" },
    { LISTEN_PID: "" },
    { LISTEN_PID: "$pid0" },
    { LISTEN_FDS: "0" },
    { LISTEN_FDS: "" },
    { LISTEN_PID: "0x$pid" },
    { LISTEN_PID: " $pid" },
    { LISTEN_PID: "$pid.0" },
  ])("%j", async (wrong) => {
    const passed = [unix()];
    const environment = { ...environmentFor(passed, ["api"]), ...wrong };
    expect(await reportOf(passed, environment, null, "api")).toEqual({ all: [], answers: [null, null] });
  });

  test("none of the variables", async () => {
    expect(await reportOf([unix()], {}, null, "api")).toEqual({ all: [], answers: [null, null] });
  });
});
