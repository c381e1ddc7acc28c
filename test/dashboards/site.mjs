// A server in a process of its own, the path to it, and its clients.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openPath } from "../connections/helpers/open-path.mjs";
import { Clients } from "./clients.mjs";
import { ask, askRecordings, askValue, waitFor } from "./prometheus.mjs";
import { dashboardQueries } from "./queries.mjs";

/**
 * Longer than the whole test, so each counter is 0 at the beginning. Its rate at a scrape is its growth divided by 300
 * seconds, without extrapolation.
 */
const WINDOW = "5m";

const COUNTERS = '{__name__=~"sockinfo_.*_(total|bucket|sum|count)"';

/**
 * @typedef {object} SiteOptions
 * @property {string} job
 * @property {number} port
 * @property {number} metricsPort
 * @property {string} path Words for network-path.cc.
 * @property {number} [backlog]
 * @property {boolean} [hasClasses] One for odd and one for even ports of clients.
 * @property {string} [className] One class for all connections.
 * @property {boolean} [afterClose]
 */

export class Site {
  /** What the path has seen. @type {Record<string, number>} */
  seen = { segments: 0, bytes: 0, retransmittedSegments: 0, retransmittedBytes: 0, droppedSegments: 0, strayResets: 0 };

  /**
   * @param {SiteOptions} options
   * @param {Awaited<ReturnType<typeof openPath>>} path
   * @param {string} folder
   * @param {Awaited<ReturnType<typeof startServer>>} server
   */
  constructor(options, path, folder, server) {
    this.options = options;
    this.job = options.job;
    this.path = path;
    this.folder = folder;
    this.server = server;
    const [, number = "0"] = /path=(\d)/.exec(options.path) ?? [];
    this.clients = new Clients(`10.9.${number}.2`, options.port, options.job === "https");
  }

  /**
   * @param {string} program
   * @param {string} folder
   * @param {SiteOptions} options
   */
  static async open(program, folder, options) {
    const path = await openPath(program, options.port, ...options.path.split(" "));
    return new Site(options, path, folder, await startServer(folder, options));
  }

  /** Ends the server and starts it again, so that its counters begin at 0. */
  async restart() {
    this.server.stdin.end();
    await once(this.server, "exit");
    this.server = await startServer(this.folder, this.options);
  }

  close() {
    this.server.stdin.end();
    this.path.path.kill();
  }

  /** The text of its metrics. */
  async metrics() {
    const response = await fetch(`http://127.0.0.1:${this.options.metricsPort}/metrics`);
    return response.text();
  }

  /** Waits until the path has nothing more to carry. */
  async pathIsQuiet() {
    for (let before = NaN; before !== this.seen["segments"]; await wait(500)) {
      before = this.seen["segments"] ?? 0;
      const counts = await this.path.counts();
      for (const name of Object.keys(this.seen)) this.seen[name] += counts[name];
    }
  }

  /** Waits until Prometheus has each connection's end and each segment of the path, for ten seconds at most. */
  async settle() {
    await this.pathIsQuiet();
    for (let left = 100; left > 0; left--) {
      const closed = await this.#total("connections_closed_total");
      const segments = await this.#total("tcp_sent_segments_total");
      if (closed === this.clients.lives.length && segments === this.seen["segments"]) return;
      await wait(100);
    }
  }

  /** The answers to all queries of the dashboard and to the recording rules, at the last scrape. */
  async answer() {
    const time = await this.#lastScrape();
    /** @type {Record<string, import("./prometheus.mjs").Series[]>} */
    const answers = {};
    const queries = {
      ...dashboardQueries(this.job, WINDOW),
      ...(await askRecordings()),
      "spurious segments": `sum(increase(sockinfo_tcp_spurious_retransmitted_segments_total{job="${this.job}"}[${WINDOW}]))`,
      "requests by class": `sum by (class) (increase(sockinfo_connection_requests_sum{job="${this.job}"}[${WINDOW}]))`,
    };
    for (const [name, query] of Object.entries(queries)) {
      answers[name] = (await ask(query, time)).filter(({ labels }) => (labels["job"] ?? this.job) === this.job);
    }
    return answers;
  }

  /** How often each counter went backwards: once with each restart. */
  async falls() {
    const counters = await ask(`${COUNTERS}, job="${this.job}"}[${WINDOW}]`);
    return counters.map(({ labels, values }) => ({
      labels,
      falls: values.filter(([, value], index) => value < (values[index - 1]?.[1] ?? 0)).length,
    }));
  }

  /** What the server's sockets have queued to send, by ss. */
  queuedBytes() {
    const lines = execFileSync("ss", ["-tnOH", "state", "established", "sport", "=", `:${this.options.port}`], {
      encoding: "utf8",
    });
    return lines.split("\n").reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[1] ?? 0), 0);
  }

  async #lastScrape() {
    const query = `timestamp(sockinfo_accept_queue_limit{job="${this.job}"})`;
    await waitFor(query);
    const [series] = await ask(query);
    return series?.values[0]?.[1] ?? NaN;
  }

  /** The growth of a counter, over restarts. @param {string} name */
  async #total(name) {
    return askValue(`sum(increase(sockinfo_${name}{job="${this.job}"}[${WINDOW}]))`, await this.#lastScrape());
  }
}

/**
 * @param {string} certificate
 * @param {SiteOptions} options
 */
async function startServer(certificate, { job: protocol, ...options }) {
  const program = join(import.meta.dirname, "server.mjs");
  const child = spawn(process.execPath, [program, JSON.stringify({ protocol, certificate, ...options })], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}
