// The histograms: their names, units by UCUM, descriptions and boundaries. Each sample is recorded at once.
import type { Attributes, Histogram, Meter } from "@opentelemetry/api";
import { BOUNDARIES, type RecordSample, type SampleName } from "../metrics";

interface HistogramMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
}

export const HISTOGRAM_METRICS: Readonly<Record<SampleName, HistogramMetric>> = {
  durationSeconds: {
    name: "sockinfo.connection.duration",
    unit: "s",
    description: "How long connections lived, at their end",
  },
  requests: {
    name: "sockinfo.connection.requests",
    unit: "{request}",
    description: "How many requests connections had, at their end",
  },
  rttSeconds: {
    name: "sockinfo.tcp.rtt",
    unit: "s",
    description: "Smoothed round-trip times: once a minute and at the end of each connection",
  },
  minRttSeconds: {
    name: "sockinfo.tcp.min_rtt",
    unit: "s",
    description: "Shortest round-trip times: once a minute and at the end of each connection",
  },
  queueingSeconds: {
    name: "sockinfo.tcp.queueing",
    unit: "s",
    description: "Smoothed minus shortest round-trip times: once a minute and at the end of each connection",
  },
};

/** Creates the histograms. Returns a function that records samples and never throws. */
export function createHistograms(meter: Meter): RecordSample {
  const histogramOf = (sample: SampleName): Histogram => {
    const { name, unit, description } = HISTOGRAM_METRICS[sample];
    // The default boundaries are for milliseconds. An API before 1.7 ignores this advice.
    return meter.createHistogram(name, {
      unit,
      description,
      advice: { explicitBucketBoundaries: [...BOUNDARIES[sample]] },
    });
  };
  const histograms: Readonly<Record<SampleName, Histogram>> = {
    durationSeconds: histogramOf("durationSeconds"),
    requests: histogramOf("requests"),
    rttSeconds: histogramOf("rttSeconds"),
    minRttSeconds: histogramOf("minRttSeconds"),
    queueingSeconds: histogramOf("queueingSeconds"),
  };
  return (sample, value, className) => {
    try {
      histograms[sample].record(value, classAttributes(className));
    } catch {
      // A View may call the user's code. The connection must close in any case.
    }
  };
}

/** Without a class there is no such attribute. */
export function classAttributes(className: string | undefined): Attributes {
  return className === undefined ? {} : { "sockinfo.connection.class": className };
}
