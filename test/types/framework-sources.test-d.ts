// Checked by tsc, never run: what the frameworks pass to their handlers is a source, with their published types.
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
import type { ServerRequest } from "srvx";
import type { WebSocket } from "ws";
import { accepts } from "./accepts";

// Express, and Nest on it.
accepts<express.Request>();
accepts<express.Response>();
accepts<express.Request<{ id: string }, object, unknown, { q: string }, { user: string }>>();
accepts<express.Response<{ ok: true }, { user: string }>>();

// Fastify, and Nest on it.
accepts<FastifyRequest>();
accepts<FastifyRequest<{ Params: { id: string } }>>();
accepts<FastifyReply>();

accepts<koa.Context>();
accepts<koa.ParameterizedContext>();
accepts<koa.ParameterizedContext<{ user: string }, { trace: string }, { ok: true }>>();
accepts<koa.Request>();
accepts<koa.Response>();

accepts<HapiRequest>();

accepts<HonoContext>();
accepts<HonoContext<{ Bindings: HttpBindings }>>();
accepts<HonoContext<{ Bindings: HttpBindings | Http2Bindings }>>();
accepts<HonoContext<{ Variables: { user: string } }, "/users/:id">>();

accepts<H3Event>();
accepts<H3Event["req"]>();
accepts<H3Event<{ body: { name: string } }>>();
accepts<ServerRequest>();

accepts<SocketIoSocket>();
accepts<SocketIoSocket<{ a: () => void }, { b: () => void }, { c: () => void }, { user: string }>>();
accepts<WebSocket>();

accepts<polka.Request>();
accepts<Parameters<MicroHandler>[0]>();
accepts<Parameters<MicroHandler>[1]>();

// GraphQL Yoga: `req` is there on Node, but not in the types of every app.
accepts<YogaInitialContext>();
accepts<{ req: IncomingMessage; res: ServerResponse } & YogaInitialContext>();

accepts<CreateHTTPContextOptions>();
accepts<CreateHTTP2ContextOptions>();
accepts<CreateExpressContextOptions>();
accepts<CreateFastifyContextOptions>();
