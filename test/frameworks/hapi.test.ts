// hapi: request, in a handler, in an extension and after the response has been sent.
import { server as createServer, type Request, type Server } from "@hapi/hapi";
import { onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { get } from "./clients";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

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
  app.route({ method: "GET", path: "/", handler: (request) => reportSources({ request }) });
  const { answer, connection } = await get(app.listener);
  expectSameConnection(answer, ["request"], connection);
});

test("request leads to the connection in an extension, and after the response has been sent", async () => {
  const seen = new Map<string, SourceReports>();
  const app = await start();
  app.ext("onPreAuth", (request, h) => {
    seen.set("onPreAuth", reportSources({ request }));
    return h.continue;
  });
  app.events.on("response", (request: Request) => void seen.set("response", reportSources({ request })));
  app.route({ method: "GET", path: "/", handler: () => ({}) });
  const { connection } = await get(app.listener);
  await until(() => seen.size === 2);
  for (const reports of seen.values()) expectSameConnection(reports, ["request"], connection);
});
