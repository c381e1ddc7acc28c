// Checked by tsc, never run: what handlers of the frameworks are given is accepted as it is, without casts.
import type { Request as HapiRequest } from "@hapi/hapi";
import type { Http2Bindings, HttpBindings } from "@hono/node-server";
import type { CreateHTTP2ContextOptions, CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
import type { CreateExpressContextOptions } from "@trpc/server/adapters/express";
import type { CreateFastifyContextOptions } from "@trpc/server/adapters/fastify";
import type * as express from "express";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { YogaInitialContext } from "graphql-yoga";
import type { H3Event } from "h3";
import type { Context as HonoContext } from "hono";
import type * as koa from "koa";
import type { RequestHandler as MicroHandler } from "micro";
import type { IncomingMessage, ServerResponse } from "node:http";
import type * as polka from "polka";
import type { Socket as SocketIoSocket } from "socket.io";
import type { SocketSource } from "sockinfo";
import type { ServerRequest } from "srvx";
import { expectTypeOf } from "vitest";
import type { WebSocket } from "ws";

// Express, and Nest on it.
expectTypeOf<express.Request>().toExtend<SocketSource>();
expectTypeOf<express.Response>().toExtend<SocketSource>();
expectTypeOf<express.Request<{ id: string }, object, unknown, { q: string }, { user: string }>>().toExtend<SocketSource>();
expectTypeOf<express.Response<{ ok: true }, { user: string }>>().toExtend<SocketSource>();

// Fastify, and Nest on it.
expectTypeOf<FastifyRequest>().toExtend<SocketSource>();
expectTypeOf<FastifyRequest<{ Params: { id: string } }>>().toExtend<SocketSource>();
expectTypeOf<FastifyReply>().toExtend<SocketSource>();

expectTypeOf<koa.Context>().toExtend<SocketSource>();
expectTypeOf<koa.ParameterizedContext>().toExtend<SocketSource>();
expectTypeOf<koa.ParameterizedContext<{ user: string }, { trace: string }, { ok: true }>>().toExtend<SocketSource>();
expectTypeOf<koa.Request>().toExtend<SocketSource>();
expectTypeOf<koa.Response>().toExtend<SocketSource>();

expectTypeOf<HapiRequest>().toExtend<SocketSource>();

expectTypeOf<HonoContext>().toExtend<SocketSource>();
expectTypeOf<HonoContext<{ Bindings: HttpBindings }>>().toExtend<SocketSource>();
expectTypeOf<HonoContext<{ Bindings: HttpBindings | Http2Bindings }>>().toExtend<SocketSource>();
expectTypeOf<HonoContext<{ Variables: { user: string } }, "/users/:id">>().toExtend<SocketSource>();

expectTypeOf<H3Event>().toExtend<SocketSource>();
expectTypeOf<H3Event["req"]>().toExtend<SocketSource>();
expectTypeOf<H3Event<{ body: { name: string } }>>().toExtend<SocketSource>();
expectTypeOf<ServerRequest>().toExtend<SocketSource>();

expectTypeOf<SocketIoSocket>().toExtend<SocketSource>();
expectTypeOf<SocketIoSocket<{ a: () => void }, { b: () => void }, { c: () => void }, { user: string }>>().toExtend<SocketSource>();
expectTypeOf<WebSocket>().toExtend<SocketSource>();

expectTypeOf<polka.Request>().toExtend<SocketSource>();
expectTypeOf<Parameters<MicroHandler>[0]>().toExtend<SocketSource>();
expectTypeOf<Parameters<MicroHandler>[1]>().toExtend<SocketSource>();

// GraphQL Yoga: the server context says that `req` is there on Node.
expectTypeOf<{ req: IncomingMessage; res: ServerResponse } & YogaInitialContext>().toExtend<SocketSource>();

expectTypeOf<CreateHTTPContextOptions>().toExtend<SocketSource>();
expectTypeOf<CreateHTTP2ContextOptions>().toExtend<SocketSource>();
expectTypeOf<CreateExpressContextOptions>().toExtend<SocketSource>();
expectTypeOf<CreateFastifyContextOptions>().toExtend<SocketSource>();
