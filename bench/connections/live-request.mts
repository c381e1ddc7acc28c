// An HTTP request that is being handled, on a loopback connection that has served a hundred requests before.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface LiveRequest {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  readonly socket: Socket;
}

/** Calls `use` in the handler, and answers the request when that has resolved. */
export async function withLiveRequest<T>(use: (live: LiveRequest) => Promise<T>): Promise<T> {
  const server = http.createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let i = 0; i < 100; i++) await handle(server, agent, async () => {});
    return await handle(server, agent, use);
  } finally {
    agent.destroy();
    server.close();
  }
}

async function handle<T>(server: http.Server, agent: http.Agent, use: (live: LiveRequest) => Promise<T>): Promise<T> {
  const { port } = server.address() as AddressInfo;
  const answered = once(http.get({ host: "127.0.0.1", port, agent }), "response") as Promise<[http.IncomingMessage]>;
  const result = await new Promise<T>((resolve, reject) => {
    server.once("request", (req, res) => {
      const used = use({ req, res, socket: req.socket });
      used.then(resolve, reject).finally(() => res.end("ok"));
    });
  });
  const [response] = await answered;
  await once(response.resume(), "end");
  return result;
}
