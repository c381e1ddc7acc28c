// Opens the page of the demo: on loopback for browsers, and on a Unix socket for `sockinfo top`.
import { connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { ConnectionTracker } from "sockinfo/connections";
import { createConnectionsPage } from "sockinfo/page";

export interface PageAddresses {
  /** With its token. */
  readonly url: string;
  readonly socketPath: string;
}

/** `outside` is a listener of this port outside this process's namespace. It is `undefined` without a namespace. */
export async function openPage(
  tracker: ConnectionTracker<undefined>,
  folder: string,
  port: number,
  outside: Server | undefined,
): Promise<PageAddresses> {
  const page = createConnectionsPage(tracker);
  const url = await page.listen(port);
  const socketPath = await page.listen(join(folder, "page.sock"));
  outside?.on("connection", (viewer) => forward(viewer, port));
  return { url, socketPath };
}

function forward(viewer: Socket, port: number): void {
  const inside = connect(port, "127.0.0.1");
  viewer.on("error", () => {}).on("close", () => inside.destroy());
  inside.on("error", () => {}).on("close", () => viewer.destroy());
  viewer.pipe(inside).pipe(viewer);
}
