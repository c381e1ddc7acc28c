// Many viewers, viewers that do not read, and the end of the authorization. What a viewer can cost is bounded.
import { execFileSync } from "node:child_process";
import http from "node:http";
import { once } from "node:events";
import net from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { listen, portOf, socketPath, until } from "../helpers/servers";
import { bearer, serve, show, targetOf, visit, watch } from "./visits";

test("a thousand viewers: a hundred see the connections, the others get 503 at once", async () => {
  const { page, server } = await show(undefined, { authorize: () => true });
  const place = await serve(page);
  const agent = new http.Agent({ maxSockets: Infinity });
  onTestFinished(() => agent.destroy());
  const statuses: number[] = [];
  const streams: http.IncomingMessage[] = [];
  for (let count = 0; count < 1000; count++) {
    http
      .get({ agent, host: "127.0.0.1", port: place.port, path: "/events" }, (response) => {
        statuses.push(response.statusCode ?? 0);
        if (response.statusCode === 200) streams.push(response.on("error", () => {}));
        else expect(response.resume().headers["retry-after"]).toBe("10");
      })
      .on("error", () => statuses.push(0));
  }
  await until(() => statuses.length === 1000);
  expect(statuses.filter((status) => status === 200).length).toBe(100);
  expect(statuses.filter((status) => status === 503).length).toBe(900);
  // The server and the page still answer, and a place that becomes free is given away.
  await (await connectHttp1(server, "http")).get();
  expect((await visit(place)).status).toBe(200);
  streams[0]?.destroy();
  await until(() => streams[0]?.closed === true);
  let again = 503;
  while (again !== 200) again = (await watch(place)).status;
});

test("on its own port, strangers get 256 connections together", async () => {
  const { page } = await show();
  const target = targetOf(await page.listen(0));
  const sockets = Array.from({ length: 300 }, () => net.connect(target.port as number, "127.0.0.1"));
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  let closed = 0;
  for (const socket of sockets)
    socket
      .on("error", () => {})
      .once("close", () => closed++)
      .resume();
  await until(() => closed === 44);
});

test("sixteen questions at a time, and one more when a viewer has gone", async () => {
  const { page } = await show();
  const target = targetOf(await page.listen(0));
  const watchers = [];
  for (let limit = 0; limit < 16; limit++) watchers.push(await watch(target, `limit=${limit}`));
  expect(watchers.map(({ status }) => status)).toEqual(watchers.map(() => 200));
  expect((await watch(target, "limit=16")).status).toBe(503);
  expect((await watch(target, "limit=3")).status).toBe(200);
  watchers[0]?.close();
  let status = 503;
  while (status !== 200) ({ status } = await watch(target, "limit=16"));
});

test("viewers with one question get the same text, and viewers with another one their own", async () => {
  const { page, server } = await show();
  await connectHttp1(server, "http");
  const target = targetOf(await page.listen(0));
  const [one, other, third] = [await watch(target), await watch(target), await watch(target, "limit=0")];
  const { takenAt } = await one.frame(2);
  const same = await other.find((frame) => (frame.takenAt === takenAt ? frame : undefined));
  expect(same).toEqual(one.frames[2]);
  const own = await third.find((frame) => (frame.takenAt === takenAt ? frame : undefined));
  expect(own).toEqual({ ...same, rows: [], otherRows: 1 });
});

describe("authorize", () => {
  test("nothing without it, and a warning that says what to do", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error): void => void warnings.push(message);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { page } = await show();
    const place = await serve(page);
    for (const path of ["", "events", "page.js", "x"]) expect((await visit(place, path)).status).toBe(403);
    await until(() => warnings.length > 0);
    expect(warnings).toEqual([expect.stringContaining("Pass { authorize } to createConnectionsPage()")]);
  });

  test.each<[string, () => unknown]>([
    ["false", () => false],
    ["a promise of false", async () => false],
    ["undefined", () => undefined],
    ["a truthy value", () => "yes"],
    ["a promise of a truthy value", async () => ({})],
    [
      "an error",
      () => {
        throw new Error("no database");
      },
    ],
    ["a rejection", async () => Promise.reject(new Error("no database"))],
  ])("%s is a refusal", async (_, authorize) => {
    const { page } = await show(undefined, { authorize: authorize as () => boolean });
    const place = await serve(page);
    for (const path of ["", "events"]) {
      const { status, body } = await visit(place, path);
      expect([status, body]).toEqual([403, "You are not authorized to see this page.\n"]);
    }
  });

  test("it gets the request", async () => {
    const { page } = await show(undefined, { authorize: ({ headers }) => headers.authorization === "Basic YTpi" });
    const place = await serve(page);
    expect((await visit(place)).status).toBe(403);
    expect((await visit(place, "", { Authorization: "Basic YTpi" })).status).toBe(200);
  });
});

test.skipIf(lacks("linux", "ss"))("strangers that read no answer are ended, too", async () => {
  const { page } = await show();
  const port = targetOf(await page.listen(0)).port as number;
  const strangers = Array.from({ length: 20 }, () => net.connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => strangers.forEach((stranger) => stranger.destroy()));
  const requests = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`.repeat(20_000);
  for (const stranger of strangers) stranger.pause().write(requests);
  const count = () => {
    const lines = execFileSync("ss", ["-tnH", "state", "established", `sport = :${port}`], { encoding: "utf8" });
    return lines.split("\n").length - 1;
  };
  await until(() => count() === 20);
  await until(() => count() === 0);
});

/** A viewer that reads nothing, and for whom bytes wait. */
async function watchWithoutReading() {
  // 500 rows are more than the kernel keeps for a Unix socket.
  const { page, server } = await show(undefined, { authorize: () => true });
  const clients = Array.from({ length: 500 }, () => net.connect(portOf(server), "127.0.0.1"));
  onTestFinished(() => clients.forEach((client) => client.destroy()));
  const responses: http.ServerResponse[] = [];
  const path = socketPath();
  await listen(
    http.createServer((req, res) => {
      responses.push(res);
      page(req, res);
    }),
    { path },
  );
  const socket = net.connect(path).on("error", () => {});
  onTestFinished(() => void socket.destroy());
  socket.pause().write("GET /events?limit=500 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await until(() => (responses[0]?.writableLength ?? 0) > 0);
  return { page, socket, responses };
}

// These take as long as the limits of the page, so they run at the same time.
describe.concurrent("limits in time", () => {
  test.skipIf(lacks("linux"))(
    "a viewer that never reads gets no more frames, and is ended after ten seconds",
    async () => {
      const { socket, responses } = await watchWithoutReading();
      const beganMs = performance.now();
      let most = 0;
      await until(() => {
        most = Math.max(most, responses[0]?.writableLength ?? 0);
        return responses[0]?.destroyed === true;
      });
      expect(performance.now() - beganMs).toBeGreaterThan(5000);
      // Less than two frames.
      expect(most).toBeLessThan(800_000);
      let received = 0;
      socket.on("data", (chunk) => (received += chunk.length)).resume();
      await until(() => socket.closed);
      expect(received).toBeLessThan(800_000);
    },
  );

  test("a stream ends within seconds after it, and one whose question stays open does, too", async () => {
    let isAllowed = true;
    let hangs = false;
    const never = new Promise<boolean>(() => {});
    const first = await show(undefined, { authorize: async () => isAllowed });
    const second = await show(undefined, { authorize: () => (hangs ? never : true) });
    const [one, two] = [await watch(await serve(first.page)), await watch(await serve(second.page))];
    await Promise.all([one.frame(0), two.frame(0)]);
    isAllowed = false;
    hangs = true;
    await until(() => one.isEnded && two.isEnded);
    expect(one.frames.length).toBeLessThan(12);
  });
});

describe("close()", () => {
  test.skipIf(lacks("linux"))("ends a viewer that does not read, too", async () => {
    const { page, responses } = await watchWithoutReading();
    page.close();
    await until(() => responses[0]?.destroyed === true);
  });

  test("ends streams and listeners, and leaves nothing", async () => {
    const { page, server, tracker } = await show(undefined, { authorize: () => true });
    const place = await serve(page);
    const target = targetOf(await page.listen(0));
    const [one, two] = [await watch(target), await watch(place)];
    await Promise.all([one.frame(0), two.frame(0)]);
    page.close();
    page.close();
    await until(() => one.isEnded && two.isEnded);
    await expect(visit(target, "", bearer(target))).rejects.toThrow(/ECONNREFUSED|socket hang up|ECONNRESET/);
    expect(await visit(place)).toMatchObject({ status: 503, body: "The page is closed.\n" });
    await expect(page.listen(0)).rejects.toMatchObject({ code: "ERR_SOCKINFO_NOT_ENABLED" });
    // The tracker goes on.
    await (await connectHttp1(server, "http")).get();
    expect(tracker.size).toBe(1);
  });

  test("is called when the tracker closes, and a page of a closed tracker is refused", async () => {
    const { page, tracker } = await show();
    const watcher = await watch(targetOf(await page.listen(0)));
    await watcher.frame(0);
    tracker.close();
    await until(() => watcher.isEnded);
    const { createConnectionsPage } = await import("sockinfo/page");
    expect(() => createConnectionsPage(tracker)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_TRACKER_CLOSED" }) as Error,
    );
  });

  test("during listen() closes that listener", async () => {
    const { page } = await show();
    const listening = page.listen(0);
    page.close();
    await expect(listening).rejects.toMatchObject({ code: "ERR_SOCKINFO_NOT_ENABLED" });
  });
});

test.skipIf(lacks("openssl"))("over HTTP/2, with and without TLS", async () => {
  const http2 = await import("node:http2");
  const { page } = await show(undefined, { authorize: () => true });
  for (const kind of ["h2c", "h2"] as const) {
    const server = await open(makeServer(kind, page as http.RequestListener), kind);
    const origin = `${kind === "h2" ? "https" : "http"}://127.0.0.1:${portOf(server)}`;
    const session = http2.connect(origin, { rejectUnauthorized: false });
    onTestFinished(() => session.destroy());
    const stream = session.request({ ":path": "/events" }).setEncoding("utf8");
    let received = "";
    stream.on("data", (text: string) => (received += text));
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    expect(headers).toMatchObject({ ":status": 200, "content-type": "text/event-stream; charset=utf-8" });
    await until(() => received.split("event: frame").length > 2);
    const foreign = session.request({ ":path": "/events", origin: "https://evil.example" }).resume();
    const [refused] = (await once(foreign, "response")) as [Record<string, unknown>];
    expect(refused[":status"]).toBe(403);
    const html = session.request({ ":path": "/page.js", "accept-encoding": "br" }).resume();
    const [asset] = (await once(html, "response")) as [Record<string, unknown>];
    expect(asset).toMatchObject({ ":status": 200, "content-encoding": "br" });
  }
});
