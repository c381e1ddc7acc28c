// A socket of systemd's is for one server of the process that was started with it, and keeps the owner and mode that it has.
import { expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { socketPath } from "../helpers/servers";
import { activating, environmentFor, type Passed } from "./helpers/activation";
import { accessOf } from "./helpers/files";
import { startChild } from "./helpers/processes";

const refused = (detail: string) => ({
  code: "ERR_SOCKINFO_INVALID_ARGUMENT",
  message: expect.stringContaining(detail),
});

test.skipIf(lacks("linux", "python"))(
  "whatever a service tries, one server gets the socket, once, as it is",
  async () => {
    const path = socketPath();
    const passed: Passed[] = [{ kind: "unix", path }];
    const service = startChild<object>("misuse.mjs", [], activating(passed, environmentFor(passed)));
    const asItIs = refused("those of an inherited socket are as they are");
    const once = refused('the listener "unknown" has been given to a server before');
    expect(await service.next()).toEqual({
      inWorker: [null, null, []],
      inChild: [null, null, []],
      inheritedByChild: false,
      copy: refused("not what getUnixListener() gave"),
      mode: asItIs,
      owner: asItIs,
      group: asItIs,
      first: null,
      again: once,
      afterClosing: once,
    });
    await service.ended;
    expect(accessOf(path)).toMatch(/ 666$/);
  },
);
