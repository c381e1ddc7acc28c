// What clients send never makes a new series.
import { once } from "node:events";
import net from "node:net";
import { expect, test } from "vitest";
import { connectHttp1, dial } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { observe, scrape, scrapeUntil, sum } from "./scrape";

test("ports, paths, methods, protocols, hosts and nonsense leave the series as they were", async () => {
  const server = await open(makeServer("http"));
  const { register } = observe(server);
  // The quantiles exist from the first connection on.
  await (await connectHttp1(server, "http")).get();
  const before = [...(await scrape(register)).keys()];
  for (let index = 0; index < 100; index++) {
    const wire = await dial(server);
    const lines = [
      `GET /${index} HTTP/1.1\r\nHost: host-${index}\r\nX-Class: ${index}\r\n\r\n`,
      `M${index} / HTTP/${index}\r\n\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      String.fromCharCode(index).repeat(10),
      `OPTIONS * HTTP/1.1\r\nHost: ${index}\r\nUpgrade: p${index}\r\nConnection: Upgrade\r\n\r\n`,
    ];
    wire.end(lines[index % lines.length] ?? "");
    await once(wire.resume(), "close");
  }
  const after = await scrapeUntil(register, (series) => sum(series, "sockinfo_connections_closed_total") === 100);
  expect([...after.keys()]).toEqual(before);
});

test("classes beyond twenty are other, whatever classify returns", async () => {
  const server = await open(makeServer("http"));
  let count = 0;
  const { register } = observe(server, { classify: () => `class ${count++ % 500} "\\\n}` });
  const wires: net.Socket[] = [];
  const connectMany = async (many: number) => {
    for (let index = 0; index < many; index++) wires.push(await dial(server));
    await scrapeUntil(register, (series) => sum(series, "sockinfo_connections") === wires.length);
  };
  await connectMany(30);
  // A class beyond the twentieth is other. Its series exist from here on.
  const before = [...(await scrape(register)).keys()];
  await connectMany(200);
  const after = await scrape(register);
  expect([...after.keys()].toSorted()).toEqual(before.toSorted());
  const classes = new Set([...after.keys()].flatMap((name) => /class="((?:[^"\\]|\\.)*)"/.exec(name)?.[1] ?? []));
  expect(classes.size).toBe(21);
  expect(after.get('sockinfo_connections_opened_total{class="other"}')).toBe(210);
  expect(after.get('sockinfo_connections_opened_total{class="class 0 \\"\\\\\\n}"}')).toBe(1);
});
