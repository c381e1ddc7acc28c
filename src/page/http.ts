// The types of requests and responses, and the headers and texts that every answer has.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";

/** A request of node:http, https or http2. Frameworks have it as `req`, `request.raw`, `ctx.req`, … */
export type PageRequestSource = IncomingMessage | Http2ServerRequest;
/** Its response. */
export type PageResponse = ServerResponse | Http2ServerResponse;

/** Why a request gets no content. */
export interface Refusal {
  readonly status: number;
  /** One line for a person. */
  readonly text: string;
  readonly headers?: OutgoingHttpHeaders;
}

/**
 * On every answer. The page has no inline script or style, loads nothing from elsewhere, and no site may frame it or
 * read it.
 */
const HEADERS: OutgoingHttpHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  // A middleware that compresses would hold frames back.
  "Cache-Control": "no-store, no-transform",
};

/** The application may have set headers before, such as a policy for its own pages. */
export function writeHead(response: PageResponse, status: number, headers: OutgoingHttpHeaders): void {
  response.removeHeader("Content-Security-Policy-Report-Only");
  // Both kinds of response have this method, but TypeScript finds no common signature.
  (response as ServerResponse).writeHead(status, { ...HEADERS, ...headers });
}

export function refuse(request: PageRequestSource, response: PageResponse, refusal: Refusal): void {
  sendWhole(request, response, refusal.status, `${refusal.text}\n`, {
    "Content-Type": "text/plain; charset=utf-8",
    ...refusal.headers,
  });
}

export function sendWhole(
  request: PageRequestSource,
  response: PageResponse,
  status: number,
  body: string | Buffer,
  headers: OutgoingHttpHeaders,
): void {
  writeHead(response, status, { ...headers, "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? "" : body);
}

/** Whether it is too late to answer: the client has gone, or other code has answered. */
export function isAnswered(response: PageResponse): boolean {
  return response.headersSent || response.writableEnded || response.destroyed || response.closed;
}

/** The target as the client sent it. Connect and its like remove the place where a handler is mounted from `url`. */
export function targetOf(request: PageRequestSource): { readonly path: string; readonly query: string } {
  const { originalUrl } = request as { originalUrl?: unknown };
  const target = typeof originalUrl === "string" ? originalUrl : (request.url ?? "");
  const end = target.indexOf("?");
  return end === -1 ? { path: target, query: "" } : { path: target.slice(0, end), query: target.slice(end + 1) };
}
