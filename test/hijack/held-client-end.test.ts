// The client of a held request ends its half before the handler asks: it is told as without hijacking, unless bytes come before it.
import { setTimeout } from "node:timers/promises";
import type { SocketInfoError } from "sockinfo";
import { hijack, type Hijacked } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectTo, KINDS, Received, serve, type Kind } from "./helpers/kinds";
import { GET_TAKE } from "./helpers/take";

/** What `hijack()` says some time after the client has sent that and ended: with the last of it, or later. */
async function askBehindEnd(kind: Kind, sent: string, { isApart = false, isHalfOpen = false } = {}) {
  let onAsked: (outcome: Hijacked | SocketInfoError) => void;
  const outcome = new Promise<Hijacked | SocketInfoError>((resolve) => (onAsked = resolve));
  const server = await serve(
    kind,
    async (request, response) => {
      await setTimeout(40);
      hijack(request, response).then(onAsked, onAsked);
    },
    { hold: () => true },
  );
  if (isHalfOpen) (server as { httpAllowHalfOpen?: boolean }).httpAllowHalfOpen = true;
  const client = await connectTo(server, kind);
  const received = new Received(client);
  client.write(sent);
  if (isApart) await setTimeout(10);
  client.end();
  return { outcome: await outcome, received };
}

async function expectEndBehind({ socket, head }: Hijacked, received: Received): Promise<void> {
  expect(head.toString()).toBe("early");
  expect(socket).toMatchObject({ readableEnded: false, writableEnded: false });
  const seen: string[] = [];
  socket.on("error", () => {}).on("data", (data) => seen.push(String(data)));
  socket.on("end", () => {
    seen.push("end");
    socket.end("answer");
  });
  await received.over;
  expect(received.text).toBe("answer");
  expect(seen).toEqual(["end"]);
}

const CLOSED: unknown = expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });

describe.each(KINDS)("%s", (kind) => {
  test("nothing came with it: the server has ended, too", async () => {
    expect((await askBehindEnd(kind, GET_TAKE)).outcome).toEqual(CLOSED);
  });

  test("bytes came before it: they are in head, and the end comes behind them", async () => {
    const { outcome, received } = await askBehindEnd(kind, `${GET_TAKE}early`, { isApart: true });
    await expectEndBehind(outcome as Hijacked, received);
  });

  test("bytes came with it", async () => {
    const { outcome, received } = await askBehindEnd(kind, `${GET_TAKE}early`);
    // The system keeps an end for later. What decodes, or is a stream itself, has it at once.
    if (kind === "http" || kind === "unix") await expectEndBehind(outcome as Hijacked, received);
    else expect(outcome).toEqual(CLOSED);
  });
});

test.each(["http", "unix"] as const)(
  "%s, with httpAllowHalfOpen: it is taken, and head is all that there is",
  async (kind) => {
    const { outcome, received } = await askBehindEnd(kind, GET_TAKE, { isHalfOpen: true });
    const { socket, head } = outcome as Hijacked;
    socket.on("error", () => {});
    expect([head.length, socket.readableEnded]).toEqual([0, true]);
    socket.end("answer");
    await received.over;
    expect(received.text).toBe("answer");
  },
);
