// tRPC's standalone server: the context, where createContext returns its argument.
import { initTRPC } from "@trpc/server";
import { createHTTPServer, type CreateHTTPContextOptions } from "@trpc/server/adapters/standalone";
import { test } from "vitest";
import { listen } from "../helpers/servers";
import { get } from "./clients";
import { expectSameConnection, reportSources, type SourceReports } from "./source-reports";

const { router, procedure } = initTRPC.context<CreateHTTPContextOptions>().create();
const appRouter = router({ sources: procedure.query(({ ctx }) => reportSources({ ctx, req: ctx.req, res: ctx.res })) });

test("the context leads to the connection", async () => {
  const server = createHTTPServer({ router: appRouter, createContext: (options) => options });
  const { answer, connection } = await get<{ result: { data: SourceReports } }>(await listen(server), "/sources");
  expectSameConnection(answer.result.data, ["ctx", "req", "res"], connection);
});
