// Hono on @hono/node-server: pass the context, `c`.
// @ts-check
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { getTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);
const app = new Hono();

app.get("/", (c) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(c);
  return c.json({ rttMs, sndCwndBytes, retransmittedSegments });
});

serve({ fetch: app.fetch, port }, () => console.log(`curl http://localhost:${port}`));
