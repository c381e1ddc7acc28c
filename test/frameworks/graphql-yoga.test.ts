// GraphQL Yoga on node:http: the context of a resolver.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { test } from "vitest";
import { listen } from "../helpers/servers";
import { get } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

interface ServerContext {
  req: IncomingMessage;
  res: ServerResponse;
}

const yoga = createYoga<ServerContext>({
  logging: false,
  schema: createSchema({
    typeDefs: "type Query { look: String }",
    resolvers: {
      Query: {
        look: (_root, _arguments, context: ServerContext) => JSON.stringify(look({ context, req: context.req })),
      },
    },
  }),
});

test("the context leads to the connection", async () => {
  const server = await listen(createServer((req, res) => void yoga(req, res)));
  const { answer, connection } = await get<{ data: { look: string } }>(server, "/graphql?query={look}");
  expectSightings(JSON.parse(answer.data.look) as Sightings, ["context", "req"], connection);
});
