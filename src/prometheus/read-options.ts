// Checks the options of registerMetrics, above all that the client is prom-client 15.
import { Failure, type Reader, readFunction, readOptions, type Readers, wrongValue } from "../core";
import type { PrometheusClient, PrometheusRegister, RegisterMetricsOptions } from "./types";

const METHODS = ["registerMetric", "getSingleMetric", "removeSingleMetric"] as const;

/** Also true for registers of another copy of prom-client. */
function isRegister(value: unknown): value is PrometheusRegister {
  return (
    typeof value === "object" && value !== null && METHODS.every((name) => typeof read(value, name) === "function")
  );
}

/** Returns `undefined` for a property that throws, so such an object is no client. */
function read(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

const CLASSES = ["Registry", "Counter", "Gauge", "Histogram"] as const;

function isClient(value: unknown): boolean {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return (
    isObject && CLASSES.every((name) => typeof read(value, name) === "function") && isRegister(read(value, "register"))
  );
}

const readClient: Reader<PrometheusClient> = (name, value) => {
  if (!isClient(value)) return wrongValue(name, "be the module prom-client", value, 'Pass require("prom-client")');
  const client = value as PrometheusClient;
  // Version 15 brought OpenMetrics.
  if (typeof read(client.Registry, "OPENMETRICS_CONTENT_TYPE") === "string") return client;
  return wrongValue(name, "be version 15 of prom-client", value, "It has no OpenMetrics, so it is an earlier version");
};

const readRegister: Reader<PrometheusRegister> = (name, value) =>
  isRegister(value) ? value : wrongValue(name, "be a Registry of prom-client", value);

const readPrefix: Reader<string> = (name, value) =>
  typeof value === "string" && /^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(value)
    ? value
    : wrongValue(
        name,
        "be a string of letters, digits, underscores and colons that does not begin with a digit",
        value,
      );

/** The options, with their defaults. */
export interface Settings {
  readonly client: PrometheusClient;
  readonly register: PrometheusRegister;
  readonly prefix: string;
  readonly classify: RegisterMetricsOptions["classify"];
}

const OPTIONS: Readers<RegisterMetricsOptions> = {
  client: readClient,
  register: readRegister,
  prefix: readPrefix,
  classify: readFunction,
};

const OPTIONS_FORM = 'The "options" argument must be a plain object such as { client }';

export function readSettings(value: unknown): Settings | Failure {
  if (value === undefined) return Failure.ofMistake(`${OPTIONS_FORM}. Received undefined`);
  if (isClient(value)) return Failure.ofMistake(`${OPTIONS_FORM}. Received the module prom-client itself`);
  const options = readOptions<RegisterMetricsOptions>("options", value, OPTIONS);
  if (options instanceof Failure) return options;
  // `readOptions` does not call the reader of an absent option.
  const client = readClient("options.client", options.client);
  if (client instanceof Failure) return client;
  const { register = client.register, prefix = "sockinfo_", classify } = options;
  return { client, register, prefix, classify };
}
