// Refuses what a page of another site asks for by a browser. A browser sends cookies and passwords along with such
// requests, and a stream costs even if that page may not read it.
import type { PageRequestSource, Refusal } from "./http";

const CROSS_SITE: Refusal = { status: 403, text: "This is a request of another site." };

/** A link from elsewhere may lead to the page itself, which frames can't show. */
export function refuseCrossSite(request: PageRequestSource, isDocument: boolean): Refusal | undefined {
  const { headers } = request;
  const site = headers["sec-fetch-site"];
  if (site === "same-origin" || site === "none") return undefined;
  if (site !== undefined) {
    const isLink = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
    return isDocument && isLink ? undefined : CROSS_SITE;
  }
  // Browsers leave that header out on plain HTTP, except to this machine.
  return headers.origin === undefined || isOwnOrigin(headers.origin, hostOf(request)) ? undefined : CROSS_SITE;
}

/** Without the scheme: behind a proxy it is not known. */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  const [, originHost] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? [];
  return originHost !== undefined && originHost.toLowerCase() === host?.toLowerCase();
}

export function hostOf({ headers }: PageRequestSource): string | undefined {
  const authority = headers[":authority"];
  return typeof authority === "string" ? authority : headers.host;
}

/**
 * Whether `host` is a name of this machine, which no foreign site can have. So a site whose name leads to this machine
 * (DNS rebinding) gets nothing.
 *
 * @param port - `undefined` for any: a forwarded Unix socket has the port of the other machine.
 */
export function isLoopbackHost(host: string | undefined, port: number | undefined): boolean {
  const found = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i.exec(host ?? "");
  if (found === null) return false;
  return port === undefined || Number(found[1] ?? 80) === port;
}
