// Express: req and res, in a handler, in middleware, and after the response has been sent.
import { createServer } from "node:http";
import express from "express";
import { expect, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get } from "./clients";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

const names = ["req", "res"];

test("req and res lead to the connection", async () => {
  const app = express();
  const router = express.Router();
  router.get("/inner", (req, res) => res.json(reportSources({ req, res })));
  app.use("/outer", router);
  const { answer, connection } = await get(await listen(createServer(app)), "/outer/inner");
  expectSameConnection(answer, names, connection);
});

test("req and res of a middleware lead to the connection after the response has been sent", async () => {
  let after: SourceReports | undefined;
  const app = express();
  app.use((req, res, next) => {
    res.on("finish", () => {
      after = reportSources({ req, res });
    });
    next();
  });
  app.get("/", (_req, res) => res.json({}));
  const { connection } = await get(await listen(createServer(app)));
  await until(() => after !== undefined);
  expectSameConnection(after ?? {}, names, connection);
});

test("req and res of two requests lead to two connections", async () => {
  const app = express();
  app.get("/", (req, res) => res.json(reportSources({ req, res })));
  const server = await listen(createServer(app));
  const [one, other] = await Promise.all([get(server), get(server)]);
  expectSameConnection(one.answer, names, one.connection);
  expectSameConnection(other.answer, names, other.connection);
  expect(one.connection.remotePort).not.toBe(other.connection.remotePort);
});
