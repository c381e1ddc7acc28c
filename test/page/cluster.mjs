// A cluster of three workers, each with a page of its own. Each worker prints what became of its calls as one line.
import cluster from "node:cluster";
import http from "node:http";
import { trackConnections } from "sockinfo/connections";
import { createConnectionsPage } from "sockinfo/page";

const WORKERS = 3;
const [takenPort = "", path = ""] = process.argv.slice(2);

if (cluster.isPrimary) {
  let ready = 0;
  cluster.on("message", () => {
    // Only now could a request to a shared port reach another worker.
    if (++ready % WORKERS === 0) for (const worker of Object.values(cluster.workers ?? {})) worker?.send("go on");
  });
  for (let count = 0; count < WORKERS; count++) cluster.fork();
} else {
  await work();
}

async function work() {
  const server = http.createServer();
  const page = createConnectionsPage(trackConnections(server));
  const address = await page.listen(0);
  await others();
  const statuses = [];
  for (let count = 0; count < 6; count++) statuses.push(await statusOf(address));
  const inUse = await page.listen(Number(takenPort)).catch(({ message }) => message);
  const refused = await page.listen(path).catch(({ message }) => message);
  process.stdout.write(`${JSON.stringify({ address, statuses, inUse, path: refused })}\n`);
  await others();
  process.exit();
}

/** Waits until all workers are here. */
function others() {
  return new Promise((resolve) => {
    process.once("message", resolve);
    process.send?.("ready");
  });
}

/** @param {string} address */
function statusOf(address) {
  const { origin, pathname, searchParams } = new URL(address);
  const headers = { authorization: `Bearer ${searchParams.get("token")}` };
  return new Promise((resolve, reject) => {
    http
      .get(origin + pathname, { headers, agent: false }, (response) => resolve(response.resume().statusCode))
      .on("error", reject);
  });
}
