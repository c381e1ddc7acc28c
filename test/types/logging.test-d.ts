// Checked by tsc, never run: allowed and refused uses of sockinfo/logging and sockinfo/server-timing.
import type { Context } from "hono";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import type { Response } from "express";
import type { Context as KoaContext } from "koa";
import type { CloseReason, Connection } from "sockinfo/connections";
import { type ConnectionDescription, describeConnection, describeTcp, type TcpDescription } from "sockinfo/logging";
import { appendServerTiming, describeServerTiming } from "sockinfo/server-timing";
import { expectTypeOf } from "vitest";

declare const req: IncomingMessage;
declare const request: FastifyRequest;
declare const stream: ServerHttp2Stream;
declare const connection: Connection<{ user: string }>;

expectTypeOf(describeTcp(req)).toEqualTypeOf<TcpDescription | undefined>();
expectTypeOf(describeTcp(request)?.rttMs).toEqualTypeOf<number | undefined>();
expectTypeOf(describeConnection(connection)).toEqualTypeOf<ConnectionDescription>();
expectTypeOf(describeConnection(connection).closeReason).toEqualTypeOf<CloseReason | undefined>();
// @ts-expect-error -- a request is no connection
describeConnection(req);
// @ts-expect-error -- a text is no source
describeTcp("req");

declare const res: ServerResponse;
declare const framework: Http2ServerResponse | Response | FastifyReply | KoaContext | Context;
expectTypeOf(appendServerTiming(res)).toEqualTypeOf<boolean>();
appendServerTiming(framework, { fields: ["rttMs", "minRttMs", "rttVarMs", "deliveryRateBytesPerSecond"] });
appendServerTiming(res, { fields: undefined });
// @ts-expect-error -- an address is no field
appendServerTiming(res, { fields: ["remoteAddress"] });
// @ts-expect-error -- an unknown option
appendServerTiming(res, { field: ["rttMs"] });
// @ts-expect-error -- a stream of HTTP/2 has no function that sets a header
appendServerTiming(stream);
expectTypeOf(describeServerTiming(stream)).toEqualTypeOf<string | undefined>();
