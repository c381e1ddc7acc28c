// h3, and srvx, which h3 is built on: the event and its request, and the request of a srvx server.
import { createServer, type Server } from "node:http";
import { H3, serve as serveH3, type H3Event } from "h3";
import { toNodeHandler } from "h3/node";
import { serve as serveSrvx, type Server as SrvxServer, type ServerRequest } from "srvx";
import { onTestFinished, test } from "vitest";
import { listen } from "../helpers/servers";
import { get } from "./clients";
import { expectSameConnection, reportSources } from "./source-reports";

const options = { hostname: "127.0.0.1", port: 0, silent: true };

async function nodeServerOf(server: SrvxServer): Promise<Server> {
  onTestFinished(() => server.close(true));
  await server.ready();
  return server.node?.server as Server;
}

function createApp(): H3 {
  const app = new H3();
  app.get("/", (event: H3Event) => reportSources({ event, req: event.req }));
  return app;
}

test("event and event.req lead to the connection, on h3's own server", async () => {
  const { answer, connection } = await get(await nodeServerOf(serveH3(createApp(), options)));
  expectSameConnection(answer, ["event", "req"], connection);
});

test("event and event.req lead to the connection, on a server of node:http", async () => {
  const { answer, connection } = await get(await listen(createServer(toNodeHandler(createApp()))));
  expectSameConnection(answer, ["event", "req"], connection);
});

test("a request of srvx leads to the connection, and so does a context that has it as req or request", async () => {
  const fetch = (request: ServerRequest): Response =>
    Response.json(reportSources({ request, asReq: { req: request }, asRequest: { request } }));
  const { answer, connection } = await get(await nodeServerOf(serveSrvx({ ...options, fetch })));
  expectSameConnection(answer, ["request", "asReq", "asRequest"], connection);
});
