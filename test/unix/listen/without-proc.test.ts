// Without /proc, as in a chroot or with systemd's RootDirectory=: owner and mode are set all the same, or the error
// says what is missing.
import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { accessOf, besides } from "../helpers/files";
import { programPath, startDaemon, STRANGER } from "../helpers/processes";

const { uid, gid } = STRANGER;

/** The number of fchmodat2() on every processor. */
const FCHMODAT2 = "452";

/** Starts a program with another /proc. */
const withProc = (change: string) => ["unshare", "--mount", "sh", "-c", `${change} && exec "$0" "$@"`];
const WITHOUT_PROC = withProc("mount -t tmpfs none /proc");
const WITHOUT_CALL = ["python3", programPath("deny-call.py"), FCHMODAT2];

/** Needs a chmod() for the mode, and a chown() for the owner. */
const needsAll = { umask: 0o077, options: { mode: 0o666, owner: uid, group: gid } };

describe.skipIf(lacks("root", "unshare"))("without /proc", () => {
  const kinds: [string, string[]][] = [
    ["an empty folder", WITHOUT_PROC],
    ["a folder with a file in its place", withProc("mount -t tmpfs none /proc && touch /proc/self")],
  ];

  test.skipIf(lacks("fchmodat2")).each(kinds)(
    "%s: owner and mode are those that were asked for",
    async (_, through) => {
      const path = socketPath();
      const { pid } = await startDaemon({ where: path, ...needsAll }, through).next();
      expect(accessOf(path)).toBe(`${uid}:${gid} 666`);
      expect(await ask(path)).toBe(String(pid));
    },
  );

  test.skipIf(lacks("fchmodat2"))(
    "a folder that the user may not search: the mode is the one that was asked for",
    async () => {
      const path = socketPath();
      chmodSync(dirname(path), 0o777);
      const settings = { where: path, as: STRANGER, umask: 0o077, options: { mode: 0o666 } };
      const { pid } = await startDaemon(settings, withProc("mount -t tmpfs -o mode=700 none /proc")).next();
      expect(accessOf(path)).toBe(`${uid}:${gid} 666`);
      expect(await ask(path)).toBe(String(pid));
    },
  );

  test.skipIf(lacks("python"))(
    "before Linux 6.6: the error names the call and /proc, and nothing is left",
    async () => {
      const path = socketPath();
      const daemon = startDaemon({ where: path, ...needsAll }, [...WITHOUT_PROC, ...WITHOUT_CALL]);
      expect(await daemon.next()).toMatchObject({
        code: "ENOSYS",
        syscall: "fchmodat2",
        message: `fchmodat2 ENOSYS: ${path}, and there is no usable /proc (chmod ENOENT). Mount it, or set a umask that leaves the mode 666`,
      });
      expect(besides(path)).toEqual([]);
    },
  );

  test.skipIf(lacks("python")).each([
    ["the default mode", { umask: 0o022 }, "0:0 600"],
    ["another owner", { umask: 0o022, options: { owner: uid, group: gid } }, `${uid}:${gid} 600`],
    ["a mode that the umask leaves", { umask: 0o117, options: { mode: 0o660 } }, "0:0 660"],
  ])("before Linux 6.6: %s needs neither the call nor /proc", async (_, settings, access) => {
    const path = socketPath();
    const { pid } = await startDaemon({ where: path, ...settings }, [...WITHOUT_PROC, ...WITHOUT_CALL]).next();
    expect(accessOf(path)).toBe(access);
    expect(await ask(path)).toBe(String(pid));
  });
});

test.skipIf(lacks("root", "python"))("with /proc, owner and mode are set without fchmodat2()", async () => {
  const path = socketPath();
  const { pid } = await startDaemon({ where: path, ...needsAll }, WITHOUT_CALL).next();
  expect(accessOf(path)).toBe(`${uid}:${gid} 666`);
  expect(await ask(path)).toBe(String(pid));
});
