// TCP_INFO that is read now and decoded later, or never. The bytes take less memory and time than the decoded fields.
import type { Socket } from "node:net";
import { loadAddon } from "../addon/load";
import { Failure } from "../errors";
import { fdOf, handleOf } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";
import { readStruct, type TcpInfoCall } from "./get-tcp-info";
import type { TcpState } from "./portable-types";
import { recallIsMptcp } from "./so-protocol";
import { structViews } from "./struct-views";
import { layout } from "./this-system";
import type { TcpInfo } from "./types";

/** An ArrayBuffer costs much more than its bytes, so some structs share one. A kept struct keeps all of them. */
const STRUCTS_PER_BUFFER = 16;

let shared = new Uint8Array(0);
let usedBytes = 0;

export class KeptTcpInfo {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #offset: number;
  readonly #length: number;
  readonly #isMptcp: boolean | undefined;

  /** Copies `struct`, because the next system call overwrites it. */
  constructor(struct: Uint8Array, isMptcp: boolean | undefined) {
    const { length } = struct;
    if (usedBytes + length > shared.length) {
      shared = new Uint8Array(align(length) * STRUCTS_PER_BUFFER);
      usedBytes = 0;
    }
    shared.set(struct, usedBytes);
    this.#bytes = shared;
    this.#offset = usedBytes;
    this.#length = length;
    this.#isMptcp = isMptcp;
    usedBytes += align(length);
  }

  get state(): TcpState | undefined {
    return layout.readState(this.#bytes, this.#offset);
  }

  decode(): TcpInfo {
    return layout.decode(structViews(this.#bytes.buffer, this.#length, this.#offset), this.#isMptcp);
  }
}

/** A view of words begins at a multiple of 4. */
function align(length: number): number {
  return (length + 3) & ~3;
}

type ReadKept = (socket: Socket, call: TcpInfoCall, isTcp: boolean) => KeptTcpInfo | Failure;

/**
 * {@link readTcpInfoInAnyState} for a socket whose TCP_INFO is not read again.
 *
 * @param isTcp - True if it is known that the socket is not MPTCP. That saves a system call.
 */
export const readKeptTcpInfo: ReadKept = closingLentFds((socket, call, isTcp) => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const handle = handleOf(socket);
  const fd = fdOf(socket, handle);
  if (typeof fd !== "number") return fd;
  const struct = readStruct(binding, fd, call);
  if (struct instanceof Failure) return struct;
  return new KeptTcpInfo(struct.u8, isTcp ? false : recallIsMptcp(binding, fd, handle));
});
