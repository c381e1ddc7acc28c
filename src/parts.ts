// The parts of sockinfo that most programs do not need at their start. Each is a file of its own in dist/, and is
// loaded at the first call that needs it: V8 takes a millisecond for thirty kilobytes of source text.
import { Failure, isShortage } from "./errors";

type Diagnosis = typeof import("./diagnosis/diagnose");
type SockDiag = typeof import("./sock-diag/part");

let diagnosis: Diagnosis | undefined;
let sockDiag: SockDiag | undefined;

/** What `diagnoseTcp` does. Code that calls it again and again loads it when it starts, while descriptors are left. */
export function loadDiagnosis(): Diagnosis | Failure {
  return diagnosis ?? load(() => (diagnosis = require("./diagnosis/diagnose") as Diagnosis));
}

/** Questions to the kernel about sockets without a descriptor. */
export function loadSockDiagPart(): SockDiag | Failure {
  return sockDiag ?? load(() => (sockDiag = require("./sock-diag/part") as SockDiag));
}

/** Node's own error says which file is missing. */
function load<Part>(read: () => Part): Part | Failure {
  try {
    return read();
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (!isShortage(cause.code)) throw error;
    const detail = "a file of sockinfo can't be read now. The next call tries again";
    return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", detail, { cause });
  }
}
