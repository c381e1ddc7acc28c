// Koa: pass the context, `ctx`.
// @ts-check
import Koa from "koa";
import { getTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);
const app = new Koa();

app.use((ctx) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(ctx);
  ctx.body = { rttMs, sndCwndBytes, retransmittedSegments };
});

app.listen(port, () => console.log(`curl http://localhost:${port}`));
