// Run in a network namespace of its own, whose routes have a congestion control each. Arguments: the addresses to
// connect to. Prints what getCongestionControl returns for the accepted end of each connection.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { getCongestionControl } from "sockinfo";

const server = createServer();
server.listen(0, "0.0.0.0");
await once(server, "listening");
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

const controls = [];
for (const address of process.argv.slice(2)) {
  const client = connect(port, address);
  const [accepted] = await once(server, "connection");
  controls.push(getCongestionControl(accepted));
  client.destroy();
}
server.close();
console.log(JSON.stringify(controls));
