// diagnoseTcp, which makes no system call, on connections with several verdicts.
import { diagnoseTcp } from "sockinfo";
import { captures } from "../../test/diagnosis/captures";
import { interleave, timed } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Row, type Section, valueRow } from "../report/section.mts";

const LIMIT = atMost(2000);
/** An early rule, a late one, one with a second finding, and a long sentence. */
const KINDS = ["stop.cubic", "bandwidth.cubic", "mixloss.bbr", "sndbuf.cubic"];

export async function diagnoseCost({ oneConnection }: SampleSize): Promise<Section> {
  const variants = captures
    .filter(({ name }) => KINDS.includes(name))
    .map(({ before, after, intervalMs, pendingBytes }) => {
      const diagnose = () => diagnoseTcp(before, after, { intervalMs, pendingBytes });
      const { verdict, also } = diagnose();
      return [`diagnoseTcp: ${also ? `${verdict} and ${also.verdict}` : verdict}`, timed(diagnose)] as const;
    });
  const samples = await interleave(Object.fromEntries(variants), oneConnection);
  return {
    title: "diagnoseTcp",
    about: "Time per call. The readings are recorded ones, with all fields.",
    rows: Object.entries(samples).map(([name, times]): Row => valueRow(name, times, "ns", LIMIT)),
  };
}
