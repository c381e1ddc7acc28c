// GraphQL Yoga on node:http: the context of a resolver, and getCurrentSocket() in a resolver.
import { once } from "node:events";
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { createSchema, createYoga } from "graphql-yoga";
import { getCurrentSocket, enableCurrentSocket } from "sockinfo/connections";
import { onTestFinished, test } from "vitest";
import { listen, portOf } from "../helpers/servers";
import { get } from "./clients";
import { findConnection } from "./connection";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

interface ServerContext {
  req: IncomingMessage;
  res: ServerResponse;
}

const yoga = createYoga<ServerContext>({
  logging: false,
  schema: createSchema({
    typeDefs: "type Query { sources: String, current: String }",
    resolvers: {
      Query: {
        sources: (_root, _arguments, context: ServerContext) =>
          JSON.stringify(reportSources({ context, req: context.req })),
        current: () => JSON.stringify(reportSources({ current: getCurrentSocket() as Socket })),
      },
    },
  }),
});

test("a resolver's context leads to the connection", async () => {
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const { answer, connection } = await get<{ data: { sources: string } }>(server, "/graphql?query={sources}");
  expectSameConnection(JSON.parse(answer.data.sources) as SourceReports, ["context", "req"], connection);
});

test("getCurrentSocket() in a resolver is the socket of the connection", async () => {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const { answer, connection } = await get<{ data: { current: string } }>(server, "/graphql?query={current}");
  expectSameConnection(JSON.parse(answer.data.current) as SourceReports, ["current"], connection);
});

test("getCurrentSocket() in a resolver is the socket of the connection when the body comes after the headers", async () => {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const headers = { "content-type": "application/json" };
  const post = request({ port: portOf(server), host: "127.0.0.1", path: "/graphql", method: "POST", agent, headers });
  post.flushHeaders();
  await once(server, "request");
  const responded = once(post, "response") as Promise<[IncomingMessage]>;
  post.end(JSON.stringify({ query: "{current}" }));
  const [response] = await responded;
  const { localPort } = response.socket as { localPort: number };
  const { data } = JSON.parse(await text(response)) as { data: { current: string } };
  const connection = findConnection(portOf(server), localPort);
  expectSameConnection(JSON.parse(data.current) as SourceReports, ["current"], connection);
});
