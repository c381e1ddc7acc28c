// Checked by tsc, never run: requestHijack and what it gives.
import { type ClientRequest, type IncomingMessage, get } from "node:http";
import { get as getHttps } from "node:https";
import type { Socket } from "node:net";
import { type ClientHijacked, requestHijack } from "sockinfo/hijack";
import { expectTypeOf } from "vitest";

declare const request: ClientRequest;

expectTypeOf(requestHijack(request)).toEqualTypeOf<Promise<ClientHijacked>>();
void requestHijack(get("http://localhost"));
void requestHijack(getHttps("https://localhost"));
// @ts-expect-error: a response has no request to take
get("http://localhost", (response) => void requestHijack(response));
// @ts-expect-error: of fetch
void fetch("http://localhost").then(requestHijack);

declare const hijacked: ClientHijacked;
expectTypeOf(hijacked.response).toEqualTypeOf<IncomingMessage>();
expectTypeOf(hijacked.socket).toEqualTypeOf<Socket>();
expectTypeOf(hijacked.head).toEqualTypeOf<Buffer>();
// @ts-expect-error: read only
hijacked.head = Buffer.alloc(0);
