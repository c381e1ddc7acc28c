// Express: req and res, in a handler, in middleware, and when the response has been sent.
import { createServer } from "node:http";
import express from "express";
import { expect, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { get } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

const names = ["req", "res"];

test("req and res lead to the connection", async () => {
  const app = express();
  const router = express.Router();
  router.get("/inner", (req, res) => res.json(look({ req, res })));
  app.use("/outer", router);
  const { answer, connection } = await get(await listen(createServer(app)), "/outer/inner");
  expectSightings(answer, names, connection);
});

test("so they do in middleware, when the response has been sent", async () => {
  let after: Sightings | undefined;
  const app = express();
  app.use((req, res, next) => {
    res.on("finish", () => {
      after = look({ req, res });
    });
    next();
  });
  app.get("/", (_req, res) => res.json({}));
  const { connection } = await get(await listen(createServer(app)));
  await until(() => after !== undefined);
  expectSightings(after ?? {}, names, connection);
});

test("two requests on two connections are told apart", async () => {
  const app = express();
  app.get("/", (req, res) => res.json(look({ req, res })));
  const server = await listen(createServer(app));
  const [one, other] = await Promise.all([get(server), get(server)]);
  expectSightings(one.answer, names, one.connection);
  expectSightings(other.answer, names, other.connection);
  expect(one.connection.remotePort).not.toBe(other.connection.remotePort);
});
