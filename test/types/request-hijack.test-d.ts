// Checked by tsc, never run: hijackClientRequest and its result.
import { type ClientRequest, type IncomingMessage, get } from "node:http";
import { get as getHttps } from "node:https";
import type { Socket } from "node:net";
import { type ClientHijacked, hijackClientRequest } from "sockinfo/hijack";
import { expectTypeOf } from "vitest";

declare const request: ClientRequest;

expectTypeOf(hijackClientRequest(request)).toEqualTypeOf<Promise<ClientHijacked>>();
void hijackClientRequest(get("http://localhost"));
void hijackClientRequest(getHttps("https://localhost"));
// @ts-expect-error: a response has no request to take
get("http://localhost", (response) => void hijackClientRequest(response));
// @ts-expect-error: of fetch
void fetch("http://localhost").then(hijackClientRequest);

declare const hijacked: ClientHijacked;
expectTypeOf(hijacked.response).toEqualTypeOf<IncomingMessage>();
expectTypeOf(hijacked.socket).toEqualTypeOf<Socket>();
expectTypeOf(hijacked.head).toEqualTypeOf<Buffer>();
// @ts-expect-error: read only
hijacked.head = Buffer.alloc(0);
