// What the page answers to requests that are not its own: other methods, targets, hosts and sites, and headers that
// are made to do harm.
import http from "node:http";
import net from "node:net";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, test } from "vitest";
import { listen, portOf, until } from "../helpers/servers";
import { bearer, serve, show, type Target, targetOf, visit, watch } from "./visits";

let target: Target;
let mounted: Target;

beforeEach(async () => {
  const { page } = await show(undefined, { authorize: () => true });
  target = targetOf(await page.listen(0));
  mounted = await serve(page);
});

/** Sends these bytes, and returns all that comes until the end. */
async function send({ port }: Target, bytes: string): Promise<string> {
  const socket = net.connect(port as number, "127.0.0.1").on("error", () => {});
  socket.end(bytes, "latin1");
  return text(socket);
}

describe("resources", () => {
  test.each([
    ["", "text/html; charset=utf-8"],
    ["page.js", "text/javascript; charset=utf-8"],
    ["page.css", "text/css; charset=utf-8"],
  ])("./%s, also by HEAD, and compressed", async (path, type) => {
    const plain = await visit(mounted, path);
    expect(plain).toMatchObject({ status: 200, headers: { "content-type": type } });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.body.length).toBe(Number(plain.headers["content-length"]));
    const head = await visit(mounted, path, {}, "HEAD");
    expect(head).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": plain.headers["content-length"] },
    });
    for (const [accepted, encoding] of [
      ["gzip, deflate, br", "br"],
      ["gzip", "gzip"],
      ["br;q=0, gzip;q=0.5", "gzip"],
      ["br; q=0", undefined],
    ] as const) {
      const { headers } = await visit(mounted, path, { "Accept-Encoding": accepted });
      expect(headers).toMatchObject({ vary: "Accept-Encoding" });
      expect(headers["content-encoding"]).toBe(encoding);
    }
  });

  test("HEAD of the event stream has its headers, and ends", async () => {
    const { status, headers, body } = await visit(mounted, "events", {}, "HEAD");
    expect([status, headers["content-type"], body]).toEqual([200, "text/event-stream; charset=utf-8", ""]);
  });

  test.each(["favicon.ico", "page.js.map", "../page.ts", "events.json", "%2e%2e%2fpage.js/x.y", "package.json"])(
    "there is no ./%s",
    async (path) => expect((await visit(mounted, path)).status).toBe(404),
  );

  test("the page without its last slash redirects there, and never elsewhere", async () => {
    expect(await visit(mounted, "/admin/connections?x=1")).toMatchObject({
      status: 302,
      headers: { location: "./connections/" },
    });
    for (const path of [
      "//example.org",
      "/\\example.org",
      "/javascript:alert(1)",
      "/a;b",
      "/%0d%0aSet-Cookie:x",
      "/é",
    ]) {
      const answer = await send(mounted, `GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
      expect(answer).not.toMatch(/^location: (?!\.\/[\w%-]+\/\r)/im);
      expect(answer).not.toMatch(/^set-cookie/im);
    }
  });
});

describe("headers", () => {
  test("every answer keeps other sites, frames and caches out", async () => {
    for (const path of ["", "page.js", "page.css", "nothing.txt", "events?limit=x"]) {
      const { headers } = await visit(mounted, path);
      expect(headers).toMatchObject({
        "content-security-policy": expect.stringMatching(/^default-src 'none'; script-src 'self'; /),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store, no-transform",
      });
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"]).not.toContain("unsafe");
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("a policy that the application sets for its own pages does not weaken that of the page", async () => {
    const { page } = await show(undefined, { authorize: () => true });
    const place = await serve((req, res) => {
      res.setHeader("Content-Security-Policy", "default-src *");
      res.setHeader("Content-Security-Policy-Report-Only", "default-src 'none'; report-uri https://example.org");
      res.setHeader("Cache-Control", "public");
      page(req, res);
    });
    const { headers } = await visit(place, "");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(headers["content-security-policy-report-only"]).toBeUndefined();
    expect(headers["cache-control"]).toBe("no-store, no-transform");
  });

  test("no header of a request comes back", async () => {
    const mark = "mark-of-the-request";
    const answer = await send(
      mounted,
      `GET /x/?${mark} HTTP/1.1\r\nHost: ${mark}\r\nX-Forwarded-Host: ${mark}\r\nX-Forwarded-Prefix: ${mark}\r\n` +
        `Cookie: ${mark}\r\nAccept-Encoding: ${mark}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(answer).not.toContain(mark);
  });
});

describe("methods and targets", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY"])("%s", async (method) => {
    if (!http.METHODS.includes(method)) return;
    for (const place of [mounted, target]) {
      const { status, headers } = await visit(place, "events", bearer(target), method);
      expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
    }
  });

  test("CONNECT gets nothing, and Upgrade is ignored", async () => {
    expect(await send(target, `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\n\r\n`)).toBe("");
    const upgrade =
      `GET ${target.folder} HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    expect(await send(target, upgrade)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test.each(["http://example.org/", "http://127.0.0.1/events", "*", "example.org:80"])(
    "the target %s",
    async (path) => {
      expect(await send(mounted, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 400 /,
      );
    },
  );

  test("HTTP/1.0 gets a stream without chunks", async () => {
    const socket = net.connect(mounted.port as number, "127.0.0.1");
    socket.write("GET /events HTTP/1.0\r\n\r\n");
    let received = "";
    for await (const chunk of socket) {
      received += String(chunk);
      if (received.includes("event: frame")) break;
    }
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).not.toMatch(/transfer-encoding/i);
  });
});

describe("requests of other sites", () => {
  const link = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };

  test.each<[string, string, Record<string, string>, number]>([
    ["a stream of this page", "events", { "Sec-Fetch-Site": "same-origin" }, 200],
    ["an address that a person typed", "", { "Sec-Fetch-Site": "none" }, 200],
    ["a link from another site", "", link, 200],
    ["a link from another site to the stream", "events", link, 403],
    ["a frame of another site", "", { ...link, "Sec-Fetch-Dest": "iframe" }, 403],
    [
      "an EventSource of another site",
      "events",
      { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.example" },
      403,
    ],
    ["another port of this host", "events", { "Sec-Fetch-Site": "same-site", Origin: "http://127.0.0.1:1" }, 403],
    ["an image of another site", "events", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }, 403],
    ["a script of another site", "page.js", { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }, 403],
    ["an odd value", "", { "Sec-Fetch-Site": "same-origin, cross-site" }, 403],
    ["an old browser, another origin", "events", { Origin: "https://evil.example" }, 403],
    ["an old browser, a file or a sandbox", "events", { Origin: "null" }, 403],
    ["an old browser, a suffix", "events", { Origin: "http://127.0.0.1.evil.example" }, 403],
  ])("%s", async (_, path, headers, status) => {
    for (const [place, more] of [
      [mounted, {}],
      [target, bearer(target)],
    ] as const) {
      if (status === 200 && path === "events")
        expect((await watch(place, "", { ...headers, ...more })).status).toBe(200);
      else expect((await visit(place, path, { ...headers, ...more })).status).toBe(status);
    }
  });

  test("an old browser that names the page's own origin", async () => {
    const watcher = await watch(mounted, "", { Origin: `http://127.0.0.1:${mounted.port}` });
    expect(watcher.status).toBe(200);
  });
});

describe("a site whose name leads to this machine", () => {
  test.each([
    "evil.example",
    "evil.example:8080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1:1",
    "localhost",
    "127.0.0.1@evil.example",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
    "localhost.",
    "app.localhost",
  ])("the Host %j is refused, even with the token", async (host) => {
    const { status, body } = await visit(target, "", { ...bearer(target), Host: host });
    expect([status, body]).toEqual([421, expect.stringContaining("loopback")]);
  });

  test.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])("the Host %s with the port is not", async (name) => {
    expect((await visit(target, "", { ...bearer(target), Host: `${name}:${target.port}` })).status).toBe(200);
  });

  test("a request without Host is refused", async () => {
    expect(await send(target, `GET ${target.folder} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 421 /);
    expect(await send(target, `GET ${target.folder} HTTP/1.0\r\nHost:\r\n\r\n`)).toMatch(/^HTTP\/1\.1 421 /);
  });
});

test("a polluted Object.prototype opens nothing and breaks nothing", async () => {
  const names = ["authorize", "maskAddresses", "exchange", "originalUrl"];
  const prototype = Object.prototype as unknown as Record<string, unknown>;
  try {
    for (const name of names) {
      Object.defineProperty(prototype, name, { value: () => true, configurable: true, writable: true });
    }
    const { page } = await show();
    expect((await visit(await serve(page), "")).status).toBe(403);
    const own = targetOf(await page.listen(0));
    expect((await visit(own, "")).status).toBe(401);
    expect((await visit(own, "", bearer(own))).status).toBe(200);
  } finally {
    for (const name of names) delete prototype[name];
  }
});

test("a handler that is called after other code has answered does nothing", async () => {
  const { page } = await show(undefined, { authorize: () => true });
  const server = await listen(
    http.createServer((req, res) => {
      res.end("mine");
      page(req, res);
    }),
  );
  expect(await visit({ port: portOf(server), folder: "/" })).toMatchObject({ status: 200, body: "mine" });
});

test("clients that leave while the authorization is asked take no place of a viewer", async () => {
  const answers: ((allowed: boolean) => void)[] = [];
  let isAsking = true;
  const { page } = await show(undefined, {
    authorize: () => (isAsking ? new Promise<boolean>((resolve) => answers.push(resolve)) : true),
  });
  let left = 0;
  const place = await serve((req, res) => {
    res.on("close", () => left++);
    page(req, res);
  });
  // As many as there are places.
  const requests = Array.from({ length: 100 }, () =>
    http.get({ port: place.port, path: "/events", agent: false }).on("error", () => {}),
  );
  await until(() => answers.length === 100);
  for (const request of requests) request.destroy();
  await until(() => left === 100);
  isAsking = false;
  for (const answer of answers) answer(true);
  expect((await watch(place)).status).toBe(200);
});
