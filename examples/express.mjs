// Express: pass `req` or `res`, in handlers or in middleware.
// @ts-check
import express from "express";
import { getTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);
const app = express();

app.get("/", (req, res) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(req);
  res.json({ rttMs, sndCwndBytes, retransmittedSegments });
});

app.listen(port, () => console.log(`curl http://localhost:${port}`));
