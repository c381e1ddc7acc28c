// Clients that know the connection of their request, for the comparison with what the server's handler reports.
import { once } from "node:events";
import { Agent, get as httpGet, type IncomingMessage, type Server } from "node:http";
import { connect, type Http2Server } from "node:http2";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { portOf } from "../helpers/servers";
import { findConnection, type Connection } from "./connection";
import type { SourceReports } from "./source-reports";

/** The parsed answer, and the server's end of its connection, which stays open until the test is over. */
export interface Exchange<Answer> {
  readonly answer: Answer;
  readonly connection: Connection;
}

export async function get<Answer = SourceReports>(server: Server, path = "/"): Promise<Exchange<Answer>> {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const request = httpGet({ host: "127.0.0.1", port: portOf(server), path, agent });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const localPort = response.socket.localPort as number;
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`${response.statusCode}: ${body}`);
  return { answer: JSON.parse(body) as Answer, connection: findConnection(portOf(server), localPort) };
}

export async function getOverHttp2<Answer = SourceReports>(server: Http2Server, path = "/"): Promise<Exchange<Answer>> {
  const session = connect(`http://127.0.0.1:${portOf(server)}`);
  onTestFinished(() => session.destroy());
  const body = await text(session.request({ ":path": path }));
  const localPort = session.socket.localPort as number;
  return { answer: JSON.parse(body) as Answer, connection: findConnection(portOf(server), localPort) };
}
