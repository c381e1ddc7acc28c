// hapi: request, in a handler, in an extension and when the response has been sent.
import { server as createServer, type Request, type Server } from "@hapi/hapi";
import { onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { get } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

async function start(): Promise<Server> {
  const app = createServer({ host: "127.0.0.1", port: 0 });
  await app.start();
  onTestFinished(() => {
    app.listener.closeAllConnections();
    void app.stop();
  });
  return app;
}

test("request leads to the connection", async () => {
  const app = await start();
  app.route({ method: "GET", path: "/", handler: (request) => look({ request }) });
  const { answer, connection } = await get(app.listener);
  expectSightings(answer, ["request"], connection);
});

test("so it does in an extension and when the response has been sent", async () => {
  const seen = new Map<string, Sightings>();
  const app = await start();
  app.ext("onPreAuth", (request, h) => {
    seen.set("onPreAuth", look({ request }));
    return h.continue;
  });
  app.events.on("response", (request: Request) => void seen.set("response", look({ request })));
  app.route({ method: "GET", path: "/", handler: () => ({}) });
  const { connection } = await get(app.listener);
  await until(() => seen.size === 2);
  for (const sightings of seen.values()) expectSightings(sightings, ["request"], connection);
});
