// An HTTP request that is being handled, over loopback and a connection that has served others before.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";

export interface LiveRequest {
  readonly req: http.IncomingMessage;
  readonly res: http.ServerResponse;
  readonly socket: Socket;
}

/** The request is answered when `use` is done with it. */
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
  const answer = once(http.get({ host: "127.0.0.1", port, agent }), "response");
  const [req, res] = (await once(server, "request")) as [http.IncomingMessage, http.ServerResponse];
  const result = await use({ req, res, socket: req.socket });
  res.end("ok");
  const [response] = (await answer) as [http.IncomingMessage];
  response.resume();
  await once(response, "end");
  return result;
}
