// A client that goes while its request is held: its handler hears of it as it does without hijacking.
import { expect, test } from "vitest";
import { until } from "../helpers/servers";
import { compare, type Visit } from "./helpers/compare";
import { pauses } from "./helpers/take";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

const VISITS: Record<string, Visit> = {
  "a client that goes before the answer": {
    handler: () => {},
    client: async (client) => {
      client.write(GET);
      await pauses.twoImmediates();
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.destroy();
    },
  },
  "a client that goes while the answer is written": {
    handler: (_, response) => void setImmediate(() => response.write("part")),
    client: async (client, received) => {
      client.write(GET);
      await until(() => received.text.includes("part"));
      client.destroy();
    },
  },
};

test.each(Object.keys(VISITS))("%s", async (name) => {
  for (const kind of ["http", "unix", "https"] as const) {
    const [without, held] = await compare({ ...(VISITS[name] as Visit), kind });
    expect(held, kind).toEqual(without);
    expect(held.requests[0], kind).toContain("aborted");
  }
});
