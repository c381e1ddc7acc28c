// Polka and micro: req and res are Node's own.
import { createServer } from "node:http";
import { serve } from "micro";
import polka, { type Request } from "polka";
import { test } from "vitest";
import { listen } from "../helpers/servers";
import { get } from "./clients";
import { expectSameConnection, reportSources } from "./source-reports";

const names = ["req", "res"];

test("polka: req and res lead to the connection", async () => {
  const app = polka();
  app.get("/", (req, res) => void res.end(JSON.stringify(reportSources({ req, res }))));
  const server = createServer((req, res) => app.handler(req as Request, res));
  const { answer, connection } = await get(await listen(server));
  expectSameConnection(answer, names, connection);
});

test("micro: req and res lead to the connection", async () => {
  const server = createServer(serve((req, res) => reportSources({ req, res })));
  const { answer, connection } = await get(await listen(server));
  expectSameConnection(answer, names, connection);
});
