// A fixture holds the answers of macOS about one descriptor, and the facts known from elsewhere. capture.mts captures
// fixtures on a Mac. Those that were never captured are reconstructed.
import { getPeerCredentials, getPeerIdentity, getTcpInfo, SocketInfoError, type SocketSource } from "sockinfo";

/** The bytes in hexadecimal, or a negative error number as the native functions return it. */
type Captured = string | number;

/** The members of Apple's struct that are not 0, and the struct's length, if it is not today's. */
interface Reconstructed {
  readonly members: Readonly<Record<string, number | readonly number[]>>;
  readonly length?: number;
}

export interface Fixture {
  readonly scenario: string;
  readonly origin: "captured" | "reconstructed";
  /** The machine of a captured fixture; the source of a reconstructed one. */
  readonly source: string;
  readonly answers: {
    readonly tcpInfo: Captured | Reconstructed;
    readonly peerCredentials: Captured | Reconstructed;
    readonly peerPid: Captured;
    /** Reconstructed fixtures lack this. */
    readonly peerEffectivePid?: Captured;
    readonly peerToken?: Captured;
    /** An address family, or a negative error number. */
    readonly localFamily: number;
    readonly peerFamily: number;
  };
  readonly truth: Truth;
}

/** The required results of the public functions: an error code, or some properties. `null` means undefined. */
export interface Truth {
  readonly tcpInfo: string | Readonly<Record<string, unknown>>;
  readonly peerCredentials: string | Readonly<Record<string, unknown>>;
  /** Present if more is known than the credentials. */
  readonly peerIdentity?: Readonly<Record<string, unknown>>;
}

/** A sentence for each result of the public functions that contradicts `truth`. */
export function contradictions(source: SocketSource, truth: Truth): string[] {
  const results = {
    tcpInfo: resultOf(() => getTcpInfo(source)),
    peerCredentials: resultOf(() => getPeerCredentials(source)),
    peerIdentity: resultOf(() => getPeerIdentity(source)),
  };
  return (["tcpInfo", "peerCredentials", "peerIdentity"] as const).flatMap((name) => {
    const [is, shouldBe] = [results[name], truth[name]];
    if (shouldBe === undefined) return [];
    if (typeof is === "string" || typeof shouldBe === "string") {
      return is === shouldBe ? [] : [`${name}: ${describe(is)} instead of ${describe(shouldBe)}`];
    }
    return Object.entries(shouldBe)
      .filter(([property, value]) => describe(is[property]) !== describe(value))
      .map(([property, value]) => `${name}.${property}: ${describe(is[property])} instead of ${describe(value)}`);
  });
}

function resultOf(call: () => object): string | Record<string, unknown> {
  try {
    return { ...call() };
  } catch (error) {
    if (error instanceof SocketInfoError) return error.code;
    throw error;
  }
}

const describe = (value: unknown) => JSON.stringify(value ?? null);
