// The names of the numbers and bits in Linux's struct tcp_info, in the kernel's order.
import { bitNames } from "./bit-names";
import type { AccecnFail, AccecnOptSeen, EcnMode, FastopenClientFail, TcpCaState } from "./linux-types";
import type { TcpOption, TcpState } from "./portable-types";

export const STATE_NAMES: readonly (TcpState | undefined)[] = [
  undefined,
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECEIVED",
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "TIME_WAIT",
  "CLOSED",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
  "NEW_SYN_RECV",
  "BOUND_INACTIVE",
];

export const CA_STATE_NAMES: readonly TcpCaState[] = ["OPEN", "DISORDER", "CWR", "RECOVERY", "LOSS"];

export const FASTOPEN_CLIENT_FAIL_NAMES: readonly FastopenClientFail[] = [
  "UNSPECIFIED",
  "COOKIE_UNAVAILABLE",
  "DATA_NOT_ACKED",
  "SYN_RETRANSMITTED",
];

export const ECN_MODE_NAMES: readonly EcnMode[] = ["DISABLED", "RFC3168", "ACCECN", "PENDING"];

export const ACCECN_OPT_SEEN_NAMES: readonly AccecnOptSeen[] = ["NOT_SEEN", "EMPTY", "COUNTER", "FAIL"];

export const optionNames: (bits: number) => readonly TcpOption[] = bitNames([
  "TIMESTAMPS",
  "SACK",
  "WSCALE",
  "ECN",
  "ECN_SEEN",
  "SYN_DATA",
  "USEC_TS",
  "TFO_CHILD",
]);

export const accecnFailNames: (bits: number) => readonly AccecnFail[] = bitNames([
  "ACE_SEND",
  "ACE_RECV",
  "OPT_SEND",
  "OPT_RECV",
]);

/** Whether a decoded value may come from a zero in the struct: 0, `false`, no names, or the name of the number 0. */
export function isZero(value: unknown): boolean {
  return ZEROS.has(value) || (Array.isArray(value) && value.length === 0);
}

const ZEROS = new Set<unknown>([
  0,
  false,
  CA_STATE_NAMES[0],
  FASTOPEN_CLIENT_FAIL_NAMES[0],
  ECN_MODE_NAMES[0],
  ACCECN_OPT_SEEN_NAMES[0],
]);
