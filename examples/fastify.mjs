// Fastify: pass `request` or `reply`, in handlers or in hooks.
// @ts-check
import fastify from "fastify";
import { getTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);
const app = fastify();

app.get("/", (request) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(request);
  return { rttMs, sndCwndBytes, retransmittedSegments };
});

await app.listen({ port });
console.log(`curl http://localhost:${port}`);
