// Which side began the end of an HTTP/2 connection, against the frames that a client writes and reads itself.
import { once } from "node:events";
import { constants, type ServerHttp2Session } from "node:http2";
import type { CloseReason, Connection } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { frames, type RawHttp2Client, requestByFrames } from "./helpers/frames";
import { nodeMajor } from "../helpers/http-servers";
import { serve } from "./helpers/servers";

const CALM = constants.NGHTTP2_ENHANCE_YOUR_CALM;
const SESSION_ERROR = "ERR_HTTP2_SESSION_ERROR";

interface Ending {
  readonly reason: CloseReason;
  readonly code?: string;
}

/** A connection with a stream whose response has begun. */
async function begin() {
  const { server, tracker } = await serve("h2c", (_, res) => void res.write("x"));
  const closed = once(tracker, "closed");
  const client = await requestByFrames(server);
  const [connection] = [...tracker] as [Connection];
  const session = connection.http2Session as ServerHttp2Session;
  const expectEnd = async ({ reason, code }: Ending): Promise<void> => {
    await closed;
    const { closeReason, closeError = {} } = connection;
    expect({ reason: closeReason, code: (closeError as NodeJS.ErrnoException).code }).toEqual({
      reason,
      code,
    });
  };
  return { tracker, client, connection, session, expectEnd };
}

describe("the client begins", () => {
  test.each<[string, (client: RawHttp2Client) => void, Ending]>([
    ["FIN", ({ wire }) => wire.end(), { reason: "client-end" }],
    ["RST", ({ wire }) => wire.resetAndDestroy(), { reason: "client-reset", code: "ECONNRESET" }],
    ["RST_STREAM and FIN", ({ wire }) => wire.end(frames.reset(1, 8)), { reason: "client-end" }],
    ["GOAWAY without an error, and FIN", ({ wire }) => wire.end(frames.goaway(0)), { reason: "client-end" }],
    ...[1, 2, 8, 11].map((code): [string, (client: RawHttp2Client) => void, Ending] => [
      `GOAWAY with code ${code}, which is not a protocol error`,
      ({ wire }) => wire.write(frames.goaway(code)),
      { reason: "client-end", code: SESSION_ERROR },
    ]),
    [
      "GOAWAY with an error code, and FIN",
      ({ wire }) => wire.end(frames.goaway(CALM)),
      { reason: "client-end", code: SESSION_ERROR },
    ],
  ])("%s", async (_, act, ending) => {
    const { client, expectEnd } = await begin();
    act(client);
    await expectEnd(ending);
    // This side only answers, without an error code.
    expect(client.goaways.filter((goaway) => goaway !== "GOAWAY 0")).toEqual([]);
  });

  test("GOAWAY, and later a GOAWAY of this side", async () => {
    const { client, session, expectEnd } = await begin();
    client.wire.write(frames.goaway(0));
    await until(() => client.goaways.length > 0);
    session.goaway(CALM);
    await until(() => client.goaways.length > 1);
    client.wire.end();
    await expectEnd({ reason: "client-end" });
  });

  test.each<[string, Buffer]>([
    ["WINDOW_UPDATE by 0", frames.windowUpdate(0)],
    // Node 20 does not report this one, and keeps the connection.
    ...(nodeMajor >= 22 ? [["DATA of a stream that was never opened", frames.data(99)] as [string, Buffer]] : []),
  ])("%s", async (_, bytes) => {
    const { client, expectEnd } = await begin();
    client.wire.write(bytes);
    await expectEnd({ reason: "protocol-error", code: "ERR_HTTP2_ERROR" });
    await until(() => client.seen.includes("FIN"));
    expect(client.goaways).toEqual([expect.not.stringMatching("GOAWAY 0")]);
  });
});

describe("this side begins", () => {
  const GOAWAYS: [string, (session: ServerHttp2Session) => void, string][] = [
    ["goaway()", (session) => session.goaway(), "GOAWAY 0"],
    ["goaway(code)", (session) => session.goaway(CALM), `GOAWAY ${CALM}`],
    ["close()", (session) => session.close(), "GOAWAY 0"],
  ];

  const ANSWERS: [string, (client: RawHttp2Client) => void, Ending][] = [
    ["FIN", ({ wire }) => wire.end(), { reason: "server-end" }],
    ["GOAWAY and FIN", ({ wire }) => wire.end(frames.goaway(0)), { reason: "server-end" }],
    // The client could have closed in order.
    ["RST", ({ wire }) => wire.resetAndDestroy(), { reason: "client-reset", code: "ECONNRESET" }],
  ];

  describe.each(GOAWAYS)("session.%s", (_, act, seen) => {
    test.each(ANSWERS)("and the client answers by %s", async (__, answer, ending) => {
      const { client, session, expectEnd } = await begin();
      act(session);
      await until(() => client.goaways.length > 0);
      answer(client);
      await expectEnd(ending);
      expect(client.goaways[0]).toBe(seen);
    });

    test("and this side destroys the socket", async () => {
      const { client, connection, session, expectEnd } = await begin();
      act(session);
      await until(() => client.goaways.length > 0);
      connection.socket.destroy();
      await expectEnd({ reason: "server-destroy" });
    });
  });

  test.each<[string, (session: ServerHttp2Session) => void, Ending, string]>([
    ["destroy()", (session) => session.destroy(), { reason: "server-end" }, "GOAWAY 0"],
    [
      "destroy(code)",
      (session) => session.destroy(CALM as never),
      { reason: "server-end", code: SESSION_ERROR },
      `GOAWAY ${CALM}`,
    ],
    [
      "destroy(error)",
      (session) => session.destroy(Object.assign(new Error("enough"), { code: "ENOUGH" })),
      { reason: "error", code: "ENOUGH" },
      "GOAWAY 2",
    ],
  ])("session.%s", async (_, act, ending, seen) => {
    const { client, session, expectEnd } = await begin();
    session.on("error", () => {});
    act(session);
    await expectEnd(ending);
    await until(() => client.seen.includes("FIN"));
    expect(client.goaways).toEqual([seen]);
  });

  test.each<[string, (session: ServerHttp2Session) => void]>([
    ["destroy()", (session) => session.destroy()],
    ["close()", (session) => session.close()],
  ])("a listener of the time limit calls %s", async (_, act) => {
    const { client, session, expectEnd } = await begin();
    session.setTimeout(20, () => act(session));
    await until(() => client.goaways.length > 0);
    client.wire.end();
    await expectEnd({ reason: "timeout" });
  });
});
