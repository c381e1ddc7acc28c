// GraphQL Yoga on node:http: the context of a resolver, and a resolver that looks at nothing of it.
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
import { expectSightings, look, type Sightings } from "./sightings";

interface ServerContext {
  req: IncomingMessage;
  res: ServerResponse;
}

const yoga = createYoga<ServerContext>({
  logging: false,
  schema: createSchema({
    typeDefs: "type Query { look: String, current: String }",
    resolvers: {
      Query: {
        look: (_root, _arguments, context: ServerContext) => JSON.stringify(look({ context, req: context.req })),
        current: () => JSON.stringify(look({ current: getCurrentSocket() as Socket })),
      },
    },
  }),
});

test("the context leads to the connection", async () => {
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const { answer, connection } = await get<{ data: { look: string } }>(server, "/graphql?query={look}");
  expectSightings(JSON.parse(answer.data.look) as Sightings, ["context", "req"], connection);
});

test("getCurrentSocket() is that of the connection", async () => {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const { answer, connection } = await get<{ data: { current: string } }>(server, "/graphql?query={current}");
  expectSightings(JSON.parse(answer.data.current) as Sightings, ["current"], connection);
});

test("getCurrentSocket() is that of the connection when the query comes in the body, later than the head", async () => {
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
  expectSightings(JSON.parse(data.current) as Sightings, ["current"], connection);
});
