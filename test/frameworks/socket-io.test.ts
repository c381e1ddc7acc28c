// socket.io: a Socket, in the handler of 'connection' and in a later event, over WebSocket, polling and both.
import { createServer, Agent, type AgentOptions, type ClientRequestArgs } from "node:http";
import type { Socket as NetSocket } from "node:net";
import { Server, type Socket } from "socket.io";
import { io, type ManagerOptions, type Socket as ClientSocket } from "socket.io-client";
import { getSocket, tryGetTcpInfo } from "sockinfo";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf, until } from "../helpers/servers";
import { findConnection, type Connection } from "./connection";
import { changesBy } from "./own-properties";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

/** Keeps the client's connections, which socket.io-client does not expose. */
class ListingAgent extends Agent {
  readonly connections: NetSocket[] = [];

  override createConnection(options: ClientRequestArgs): NetSocket {
    const connection = super.createConnection(options) as NetSocket;
    this.connections.push(connection);
    return connection;
  }
}

interface Chat {
  readonly client: ClientSocket;
  readonly agent: ListingAgent;
  readonly port: number;
  readonly inConnectionHandler: SourceReports;
  readonly accepted: Socket;
}

async function chat(transports: string[], agentOptions: AgentOptions = {}): Promise<Chat> {
  const http = await listen(createServer());
  const sockets = new Server(http);
  const agent = new ListingAgent(agentOptions);
  onTestFinished(() => void sockets.close());
  const accepting = new Promise<Pick<Chat, "accepted" | "inConnectionHandler">>((resolve) => {
    sockets.on("connection", (accepted) => {
      accepted.on("report", (answer: (reports: SourceReports) => void) =>
        answer(reportSources({ accepted, engine: accepted.conn })),
      );
      resolve({ accepted, inConnectionHandler: reportSources({ accepted }) });
    });
  });
  // In Node `agent` is an http.Agent, but the type is another.
  const options: Partial<ManagerOptions> = { transports, agent: agent as never, reconnection: false };
  const client = io(`http://127.0.0.1:${portOf(http)}`, options);
  onTestFinished(() => void client.close());
  return { client, agent, port: portOf(http), ...(await accepting) };
}

/**
 * Waits until the last transport is in use and has sent something. Returns the server's end of the one connection
 * left.
 */
async function settle({ client, agent, port }: Chat, transports: string[]): Promise<Connection> {
  let connection: Connection | undefined;
  await until(() => {
    const [last, ...others] = agent.connections.filter(({ destroyed }) => !destroyed);
    const { name } = client.io.engine.transport;
    if (!client.connected || name !== transports.at(-1) || !last?.bytesWritten || others.length > 0) return false;
    connection = tryFindConnection(port, last.localPort as number);
    return connection !== undefined;
  });
  return connection as unknown as Connection;
}

/** Returns `undefined` as long as the server has not accepted the connection. */
function tryFindConnection(localPort: number, remotePort: number): Connection | undefined {
  try {
    return findConnection(localPort, remotePort);
  } catch {
    return undefined;
  }
}

test.for([[["websocket"]], [["polling"]], [["polling", "websocket"]]])(
  "a Socket leads to the connection in use: %j",
  async ([transports = []]) => {
    const started = await chat(transports);
    const connection = await settle(started, transports);
    const answer = (await started.client.emitWithAck("report")) as SourceReports;
    expectSameConnection(answer, ["accepted", "engine"], connection);
  },
);

test("over WebSocket, a Socket leads to the connection in the handler of 'connection'", async () => {
  const started = await chat(["websocket"]);
  expectSameConnection(started.inConnectionHandler, ["accepted"], await settle(started, ["websocket"]));
});

test("polling with keep-alive, a Socket leads to the connection of the handshake", async () => {
  const { agent, inConnectionHandler, port } = await chat(["polling"], { keepAlive: true });
  const [first] = agent.connections;
  expectSameConnection(inConnectionHandler, ["accepted"], findConnection(port, first?.localPort as number));
});

test("polling without keep-alive, a Socket leads to no connection between the handshake and the next poll", async () => {
  const { inConnectionHandler, accepted } = await chat(["polling"]);
  expect(inConnectionHandler).toEqual({ accepted: { error: "ERR_SOCKINFO_SOCKET_CLOSED" } });
  await until(() => tryGetTcpInfo(accepted) !== undefined);
});

test("getSocket() only reads a Socket", async () => {
  const { accepted } = await chat(["websocket"]);
  const { conn, request } = accepted;
  expect(changesBy(() => getSocket(accepted), { accepted, conn, request, transport: conn.transport })).toEqual([]);
});
