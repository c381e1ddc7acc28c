// What a server does with a request before its client leaves or stalls: with hijacking, and without it.
import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { hijack, release } from "sockinfo/hijack";
import { type Scene, type Treatment } from "./exhaustion";

type Own = (socket: Socket, scene: Scene) => void;

export interface Pair {
  readonly plain: Treatment;
  readonly enabled: Treatment;
}

const get = (path: string, headers = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
const UPGRADE = "Connection: Upgrade\r\nUpgrade: x\r\n";
const BODY = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n";

/** Like long polling, the handler waits for an event. Both servers must behave alike. */
function pending(request: string): Pair {
  const treatment: Treatment = {
    request,
    prepare: (server, scene) => server.on("request", () => scene.arrive()),
  };
  return { plain: treatment, enabled: treatment };
}

/** On the plain server, a listener for 'upgrade' owns the connection. */
function owned(own: Own, isLate = false): Pair {
  return {
    plain: {
      request: get("/", UPGRADE),
      prepare: (server, scene) =>
        server.on("upgrade", (_request, socket: Duplex) => {
          own(socket as Socket, scene);
          scene.arrive();
        }),
    },
    enabled: { request: get("/"), prepare: (server, scene) => takeAll(server, scene, own, isLate) },
  };
}

function takeAll(server: Server, scene: Scene, own: Own, isLate: boolean): void {
  server.on("request", (request, response) => {
    const take = async (): Promise<void> => {
      try {
        own((await hijack(request, response)).socket, scene);
      } catch {
        response.destroy();
      }
      scene.arrive();
    };
    if (isLate) setImmediate(take);
    else void take();
  });
}

/** An owner that does what the documentation says. */
function ownAndRead(socket: Socket, scene: Scene): void {
  ownAndWait(socket, scene);
  socket.resume();
}

/** An owner that does not read, so that only its own limit ends the connection. */
function ownAndWait(socket: Socket, scene: Scene): void {
  socket.on("error", () => {}).on("end", () => socket.end());
  scene.limit(socket);
}

/** The released connection gets the request `further`, which is not answered. */
function released(further: string): Pair {
  const isLast = (url: string | undefined): boolean => further === "" || url === "/wait";
  return {
    plain: {
      request: get("/raw") + further,
      prepare: (server, scene) =>
        server.on("request", ({ url }, response) => {
          if (url === "/raw") response.end();
          if (isLast(url)) scene.arrive();
        }),
    },
    enabled: {
      request: get("/raw") + further,
      prepare: (server, scene) =>
        server.on("request", async (request, response) => {
          if (isLast(request.url)) scene.arrive();
          if (request.url !== "/raw") return;
          try {
            const { socket, head } = await hijack(request, response);
            socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            release(socket, head);
          } catch {
            // The client has already gone.
            request.socket.destroy();
          }
        }),
    },
  };
}

export const TREATMENTS: Readonly<Record<string, Pair>> = {
  "plain request": pending(get("/")),
  "Upgrade without listener": pending(get("/", UPGRADE)),
  "body that is not read": pending(BODY),
  hijacked: owned(ownAndRead),
  "hijacked late": owned(ownAndRead, true),
  "hijacked, and not read": owned(ownAndWait),
  released: released(""),
  "released, and the next request": released(get("/wait")),
};
