// Owner and mode of the socket, as lstat shows them, whatever the umask is. The umask does not change.
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { listenUnix, type ListenUnixOptions } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { startDaemon, STRANGER, type Settings } from "../helpers/processes";
import { accessOf, besides } from "../helpers/files";
import { visit } from "../helpers/visitors";

const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];

async function accessWith(options?: ListenUnixOptions): Promise<string> {
  const path = socketPath();
  const server = await listenUnix(createServer(), path, options);
  onTestFinished(() => void server.close());
  return accessOf(path);
}

/**
 * Starts a daemon in a folder that every user may write to. Returns its outcome, and the access to the socket's file
 * if there is one.
 */
async function tryAs(settings: Omit<Settings, "where">): Promise<{ report: object; access: string | undefined }> {
  const path = socketPath();
  chmodSync(dirname(path), 0o777);
  const { code, syscall } = await startDaemon({ where: path, ...settings }).next();
  const isThere = besides(path).length > 0;
  return { report: { code, syscall }, access: isThere ? accessOf(path) : undefined };
}

/** The id in /etc. */
function idOf(file: "passwd" | "group", name: string): number {
  const line = readFileSync(`/etc/${file}`, "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  return Number(line?.split(":")[2]);
}

test("by default only the owner may connect", async () => {
  expect(await accessWith()).toBe(`${uid}:${gid} 600`);
});

describe.each(["000", "022", "077", "777"])("with umask %s", (bits) => {
  const umask = Number.parseInt(bits, 8);

  test.each(["000", "600", "660", "666", "777"])("the socket has mode %s, and the umask stays", async (mode) => {
    const before = process.umask(umask);
    const access = await accessWith({ mode: Number.parseInt(mode, 8) }).finally(() =>
      expect(process.umask(before)).toBe(umask),
    );
    expect(access).toBe(`${uid}:${gid} ${mode}`);
  });
});

describe.skipIf(lacks("root"))("as root", () => {
  test.each<[ListenUnixOptions, string]>([
    [{ owner: 1234 }, "1234:0 600"],
    [{ group: 2345, mode: 0o660 }, "0:2345 660"],
    [{ owner: 1234, group: 2345, mode: 0o666 }, "1234:2345 666"],
    [{ owner: 0, group: 0 }, "0:0 600"],
    [{ owner: 0xffff_fffe, group: 0xffff_fffe }, "4294967294:4294967294 600"],
  ])("%j", async (options, access) => {
    expect(await accessWith(options)).toBe(access);
  });

  test("names mean the ids in the system's directory", async () => {
    const ids = [idOf("passwd", "daemon"), idOf("group", "mail")];
    expect(ids.every((id) => id > 0)).toBe(true);
    expect(await accessWith({ owner: "daemon", group: "mail", mode: 0o660 })).toBe(`${ids.join(":")} 660`);
  });
});

describe.skipIf(lacks("root", "setpriv"))("in a folder with setgid, whose group new files get", () => {
  const GROUP = 3456;

  function setgidPath(): string {
    const path = `${socketPath()}/in/socket`;
    mkdirSync(dirname(path), { recursive: true });
    chownSync(dirname(path), 0, GROUP);
    chmodSync(dirname(path), 0o2777);
    return path;
  }

  const inGroup = ["setpriv", "--reuid", "4567", "--regid", String(GROUP), "--clear-groups"];

  test("the socket has the process's group, and members of the folder's group can't connect", async () => {
    const path = setgidPath();
    // Shows that the folder gives its group to other files.
    writeFileSync(`${dirname(path)}/other`, "");
    expect(accessOf(`${dirname(path)}/other`)).toMatch(`0:${GROUP} `);
    const server = await listenUnix(
      createServer((socket) => socket.end("hello")),
      path,
      { mode: 0o660 },
    );
    onTestFinished(() => void server.close());
    expect(accessOf(path)).toBe("0:0 660");
    expect((await visit(path, "", inGroup)).received).toBe("");
  });

  test("the folder's group can connect if it was asked for", async () => {
    const path = setgidPath();
    const server = await listenUnix(
      createServer((socket) => socket.end("hello")),
      path,
      { mode: 0o660, group: GROUP },
    );
    onTestFinished(() => void server.close());
    expect(accessOf(path)).toBe(`0:${GROUP} 660`);
    expect((await visit(path, "", inGroup)).received).toBe("hello");
  });

  test("the socket has the process's group also without privileges", async () => {
    const path = setgidPath();
    await startDaemon({ where: path, as: STRANGER, options: { mode: 0o660 } }).next();
    expect(accessOf(path)).toBe("1234:2345 660");
  });
});

describe.skipIf(lacks("root"))("without privileges", () => {
  test("a mode wider than the umask allows", async () => {
    const { access } = await tryAs({ as: STRANGER, umask: 0o077, options: { mode: 0o666 } });
    expect(access).toBe("1234:2345 666");
  });

  test("a group that the process is in", async () => {
    const as = { ...STRANGER, groups: [3456] };
    const { access } = await tryAs({ as, umask: 0o077, options: { group: 3456, mode: 0o660 } });
    expect(access).toBe("1234:3456 660");
  });

  test("the process's own ids", async () => {
    const { access } = await tryAs({ as: STRANGER, options: { owner: 1234, group: 2345 } });
    expect(access).toBe("1234:2345 600");
  });

  test.each<ListenUnixOptions>([{ group: 3456 }, { owner: 0 }, { owner: 4567, group: 2345 }])(
    "%j, to which the process has no right: EPERM, and no file is left",
    async (options) => {
      const { report, access } = await tryAs({ as: STRANGER, options });
      expect(report).toEqual({ code: "EPERM", syscall: "fchownat" });
      expect(access).toBeUndefined();
    },
  );
});
