// A server without a line about OpenTelemetry or sockinfo.
// @ts-check
import { createServer } from "node:http";

const port = Number(process.env.PORT ?? 3000);
const server = createServer((_, res) => void res.end("ok\n"));

server.listen(port, () => console.error(`curl http://localhost:${port}`));
