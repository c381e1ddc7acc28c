// Nest, on Express and on Fastify: what @Req() and @Res() inject. Decorators are called as functions, so that the
// compiler need not support them.
import "reflect-metadata";
import type { Server } from "node:http";
import { Controller, Get, Module, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Request, Response } from "express";
import type { FastifyReply, FastifyRequest } from "fastify";
import { onTestFinished, test } from "vitest";
import { get } from "./clients";
import { expectSameConnection, reportSources } from "./source-reports";

class ConnectionController {
  show(req: Request | FastifyRequest, res: Response | FastifyReply): void {
    res.send(reportSources({ req, res }));
  }
}
const { prototype } = ConnectionController;
Req()(prototype, "show", 0);
Res()(prototype, "show", 1);
Get("/")(prototype, "show", Object.getOwnPropertyDescriptor(prototype, "show") as PropertyDescriptor);
Controller()(ConnectionController);

class AppModule {}
Module({ controllers: [ConnectionController] })(AppModule);

const ADAPTERS = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

test.for(["express", "fastify"] as const)("req and res lead to the connection, on %s", async (name) => {
  const app = await NestFactory.create(AppModule, ADAPTERS[name](), { logger: false, forceCloseConnections: true });
  onTestFinished(() => app.close());
  await app.listen(0, "127.0.0.1");
  const { answer, connection } = await get(app.getHttpServer() as Server);
  expectSameConnection(answer, ["req", "res"], connection);
});
