// tRPC's standalone server: the context, when createContext passes on what it is given.
import { initTRPC } from "@trpc/server";
import { createHTTPServer, type CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
import { test } from "vitest";
import { listen } from "../helpers/servers";
import { get } from "./clients";
import { expectSightings, look, type Sightings } from "./sightings";

const { router, procedure } = initTRPC.context<CreateHTTPContextOptions>().create();
const appRouter = router({ look: procedure.query(({ ctx }) => look({ ctx, req: ctx.req, res: ctx.res })) });

test("the context leads to the connection", async () => {
  const server = createHTTPServer({ router: appRouter, createContext: (options) => options });
  const { answer, connection } = await get<{ result: { data: Sightings } }>(await listen(server), "/look");
  expectSightings(answer.result.data, ["ctx", "req", "res"], connection);
});
