// Requests without a connection, as the test suites of applications make them. The error says that there is no socket.
import { server as createHapi } from "@hapi/hapi";
import fastify from "fastify";
import { H3, type H3Event } from "h3";
import { Hono } from "hono";
import {
  getSocket,
  getTcpInfo,
  SocketInfoError,
  tryGetPeerCredentials,
  tryGetTcpInfo,
  type SocketSource,
} from "sockinfo";
import { expect, onTestFinished, test } from "vitest";

type Sources = Readonly<Record<string, Exclude<SocketSource, number>>>;

/**
 * Each makes a mock request by the framework's own function, and calls `see` in the handler with the handler's
 * objects.
 */
const MOCKS: Readonly<Record<string, (see: (sources: Sources) => void) => unknown>> = {
  "fastify.inject": (see) => {
    const app = fastify();
    app.get("/", (request, reply) => {
      see({ request, reply, req: request.raw, res: reply.raw });
      return {};
    });
    return app.inject("/");
  },
  "hapi's server.inject": (see) => {
    const app = createHapi();
    app.route({
      method: "GET",
      path: "/",
      handler: (request) => {
        see({ request, req: request.raw.req, res: request.raw.res });
        return {};
      },
    });
    return app.inject("/");
  },
  "Hono's app.request": (see) => {
    const app = new Hono();
    app.get("/", (c) => {
      see({ c, request: c.req.raw });
      return c.json({});
    });
    return app.request("/");
  },
  "h3's app.request": (see) => {
    const app = new H3();
    app.get("/", (event: H3Event) => {
      see({ event, req: event.req });
      return {};
    });
    return app.request("/");
  },
};

function codeOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return error instanceof SocketInfoError ? error.code : String(error);
  }
  return undefined;
}

test.for(Object.keys(MOCKS))("%s: the objects of a handler lead to no socket, without a warning", async (name) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));

  const outcomes: Record<string, unknown> = {};
  await MOCKS[name]?.((sources) => {
    for (const [key, source] of Object.entries(sources)) {
      const thrown = [codeOf(() => getSocket(source)), codeOf(() => getTcpInfo(source))];
      outcomes[key] = [...thrown, tryGetTcpInfo(source), tryGetPeerCredentials(source)];
    }
  });

  const none = ["ERR_SOCKINFO_NO_SOCKET", "ERR_SOCKINFO_NO_SOCKET", undefined, undefined];
  expect(Object.keys(outcomes).length).toBeGreaterThan(1);
  expect(outcomes).toEqual(Object.fromEntries(Object.keys(outcomes).map((key) => [key, none])));
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
});
