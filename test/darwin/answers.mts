// A kernel for the fake Mac that has answers to seven system calls, and records all calls.
import { useKernel, type SystemCall } from "./fake-mac.mts";
import { readLayouts } from "./layouts.mts";

const { constants } = readLayouts();

/** Bytes, an address family, or a negative error number. A missing answer is ENOPROTOOPT. */
export interface Answers {
  readonly tcpInfo?: Uint8Array | number;
  readonly peerCredentials?: Uint8Array | number;
  readonly peerPid?: Uint8Array | number;
  readonly peerEffectivePid?: Uint8Array | number;
  readonly peerToken?: Uint8Array | number;
  readonly localFamily?: number;
  readonly peerFamily?: number;
}

/** Sets the kernel's answers from now on. Returns the list of its calls, which grows. */
export function answerWith(answers: Answers): SystemCall[] {
  const calls: SystemCall[] = [];
  useKernel((call) => {
    calls.push(call);
    const name = nameOf(call);
    const answer = (name === undefined ? undefined : answers[name]) ?? -constants.ENOPROTOOPT;
    if (typeof answer !== "number") return answer.subarray(0, call.capacity);
    return answer < 0 ? -answer : addressOf(answer);
  });
  return calls;
}

function nameOf({ call, level, option }: SystemCall): keyof Answers | undefined {
  if (call === "getsockname") return "localFamily";
  if (call === "getpeername") return "peerFamily";
  if (level === constants.IPPROTO_TCP && option === constants.TCP_CONNECTION_INFO) return "tcpInfo";
  if (level === constants.SOL_LOCAL && option === constants.LOCAL_PEERCRED) return "peerCredentials";
  if (level === constants.SOL_LOCAL && option === constants.LOCAL_PEERPID) return "peerPid";
  if (level === constants.SOL_LOCAL && option === constants.LOCAL_PEEREPID) return "peerEffectivePid";
  if (level === constants.SOL_LOCAL && option === constants.LOCAL_PEERTOKEN) return "peerToken";
  return undefined;
}

/** A struct sockaddr of BSD: the length, the family, and the rest. */
export function addressOf(family: number): Uint8Array {
  return Uint8Array.of(16, family, ...Array.from({ length: 14 }, () => 0));
}
