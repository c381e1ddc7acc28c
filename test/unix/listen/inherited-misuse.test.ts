// A socket that systemd passes is for one server of the process that it started, and keeps its owner and mode.
import { expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { activating, environmentFor, type Passed } from "../helpers/activation";
import { accessOf } from "../helpers/files";
import { startChild } from "../helpers/processes";

const refused = (detail: string) => ({
  code: "ERR_SOCKINFO_INVALID_ARGUMENT",
  message: expect.stringContaining(detail),
});

test.skipIf(lacks("linux", "python"))(
  "however a service misuses it, one server gets the socket, once, with its owner and mode",
  async () => {
    const path = socketPath();
    const passed: Passed[] = [{ kind: "unix", path }];
    const service = startChild<object>("misuse.mjs", [], activating(passed, environmentFor(passed)));
    const asItIs = refused("for an inherited socket, which keeps its own");
    const once = refused('that no server has. Received "unknown", which a server has');
    expect(await service.next()).toEqual({
      inWorker: [null, null, []],
      inChild: [null, null, []],
      inheritedByChild: false,
      copy: refused(
        'The "where" argument must be a path or a listener of getUnixListener(). Received an instance of Object',
      ),
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
