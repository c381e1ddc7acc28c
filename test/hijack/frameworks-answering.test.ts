// A framework answers after its handler has taken the connection and gone on, or failed. This must neither end the
// process nor affect the connection.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import Koa from "koa";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, onTestFinished, test } from "vitest";
import { listen, until } from "../helpers/servers";
import { GET_TAKE } from "./helpers/requests";
import { Received, connectTo } from "./helpers/servers";

async function takeAndEcho(...[request, response]: Parameters<typeof hijack>): Promise<void> {
  const { socket, head } = await hijack(request, response);
  socket.on("error", () => {});
  socket.write("taken:");
  socket.write(head);
  socket.on("data", (data: Buffer) => socket.write(data));
}

/** Calls next() after hijack(), as async handlers of Express do. */
async function takeAndGoOn(...[request, response, next]: [...Parameters<typeof hijack>, () => void]): Promise<void> {
  await takeAndEcho(request, response);
  next();
}

const listeners = {
  "Express, next()": () => express().use((request, response, next) => void takeAndGoOn(request, response, next)),
  "Express, an error": () =>
    express()
      .set("env", "test")
      .use((request, response, next) => {
        void takeAndGoOn(request, response, () => next(new Error("of the handler")));
      }),
  "Koa, an error": () => {
    const app = new Koa().on("error", () => {});
    app.use(async ({ req, res }) => {
      await takeAndEcho(req, res);
      throw new Error("of the handler");
    });
    return app.callback();
  },
};

test.each(Object.keys(listeners) as (keyof typeof listeners)[])("%s", async (name) => {
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);
  process.on("uncaughtException", note).on("unhandledRejection", note);
  onTestFinished(() => void process.off("uncaughtException", note).off("unhandledRejection", note));
  const server = createServer(listeners[name]());
  enableHijack(server);
  const client = await connectTo(await listen(server), "http");
  const received = new Received(client);
  client.write(`${GET_TAKE}eager`);
  await until(() => received.text === "taken:eager");
  await sleep(50);
  client.write(" and late");
  await until(() => received.text === "taken:eager and late");
  expect(uncaught).toEqual([]);
});
