// Connections that end during the TLS handshake.
import { once } from "node:events";
import type { Socket } from "node:net";
import tls from "node:tls";
import { describe, test } from "vitest";
import { dial } from "../helpers/http-clients";
import { type Kind } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { Story } from "./helpers/stories";

/** A TCP connection whose TLS handshake has not begun. */
async function beginHandshake(kind: Kind, options = {}): Promise<{ story: Story; wire: Socket }> {
  const { server, tracker } = await serve(kind, undefined, options);
  const story = new Story(tracker);
  const accepted = once(tracker, "new");
  const wire = await dial(server);
  story.wire = wire;
  await accepted;
  return { story, wire };
}

const ANY_END = ["ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED", "LAST_ACK"] as const;

describe.each(["https", "h2"] as const)("%s", (kind) => {
  test("a client that sends plain HTTP", async () => {
    const { story, wire } = await beginHandshake(kind);
    wire.resume().write("GET / HTTP/1.1\r\n\r\n");
    await story.expect({ reason: "tls-error", code: "ERR_SSL_HTTP_REQUEST", tcp: ANY_END, states: "new closed" });
  });

  test("a client that sends garbage", async () => {
    const { story, wire } = await beginHandshake(kind);
    wire.resume().write("garbage\r\n".repeat(10));
    await story.expect({ reason: "tls-error", code: /^ERR_SSL_/, tcp: ANY_END, states: "new closed" });
  });

  test("FIN", async () => {
    const { story, wire } = await beginHandshake(kind);
    wire.resume().end();
    await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states: "new closed" });
  });

  test("FIN after the first bytes of a handshake", async () => {
    const { story, wire } = await beginHandshake(kind);
    wire.resume().end(Buffer.from([22, 3, 1]));
    await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states: "new closed" });
  });

  test("RST", async () => {
    const { story, wire } = await beginHandshake(kind);
    wire.resetAndDestroy();
    await story.expect({ reason: "client-reset", tcp: ["CLOSED"], states: "new closed" });
  });

  test("nothing arrives before handshakeTimeout", async () => {
    const { story, wire } = await beginHandshake(kind, { handshakeTimeout: 50 });
    wire.resume();
    const code = "ERR_TLS_HANDSHAKE_TIMEOUT";
    await story.expect({ reason: "timeout", code, tcp: ["ESTABLISHED"], states: "new closed" });
  });

  test("no common TLS version", async () => {
    const { story, wire } = await beginHandshake(kind, { minVersion: "TLSv1.3" });
    tls.connect({ socket: wire, maxVersion: "TLSv1.2", rejectUnauthorized: false }).on("error", () => {});
    await story.expect({ reason: "tls-error", code: /^ERR_SSL_/, tcp: ANY_END, states: "new closed" });
  });

  test("a client that does not trust the certificate", async () => {
    const { story, wire } = await beginHandshake(kind);
    tls.connect({ socket: wire, ALPNProtocols: ["http/1.1"] }).on("error", () => {});
    await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states: "new closed" });
  });

  test("no common ALPN protocol", async () => {
    const { story, wire } = await beginHandshake(kind);
    tls.connect({ socket: wire, ALPNProtocols: ["smtp"], rejectUnauthorized: false }).on("error", () => {});
    await story.expect({
      reason: "tls-error",
      code: "ERR_SSL_NO_APPLICATION_PROTOCOL",
      tcp: ANY_END,
      states: "new closed",
    });
  });
});
