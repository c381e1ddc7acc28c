// Hono on @hono/node-server: c, over HTTP/1.1 and over HTTP/2.
import type { Server } from "node:http";
import { createServer, type Http2Server } from "node:http2";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { test } from "vitest";
import { listen } from "../helpers/servers";
import { get, getOverHttp2 } from "./clients";
import { expectSightings, look } from "./sightings";

const app = new Hono();
app.use("/middleware", (c) => Promise.resolve(c.json(look({ c }))));
app.get("/", (c) => c.json(look({ c })));

test.for(["/", "/middleware"])("c leads to the connection: %s", async (path) => {
  const { answer, connection } = await get(await listen(createAdaptorServer(app) as Server), path);
  expectSightings(answer, ["c"], connection);
});

test("c leads to the connection over HTTP/2", async () => {
  const server = createAdaptorServer({ fetch: app.fetch, createServer }) as Http2Server;
  const { answer, connection } = await getOverHttp2(await listen(server));
  expectSightings(answer, ["c"], connection);
});
