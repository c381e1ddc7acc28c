// Fixtures: what macOS answers about one descriptor, and what is known of it from elsewhere. capture.mts makes them on a Mac,
// those of fixtures/ that were never there are reconstructed; fixtures.spec.ts plays both to the macOS binary.
import { getPeerCredentials, getPeerIdentity, getTcpInfo, SocketInfoError, type SocketSource } from "sockinfo";

/** The bytes in hexadecimal, or a negative error number as the native functions give it. */
type Captured = string | number;

/** The members of Apple's struct that are not 0, and how long the struct is where that is not today's length. */
interface Reconstructed {
  readonly members: Readonly<Record<string, number | readonly number[]>>;
  readonly length?: number;
}

export interface Fixture {
  readonly scenario: string;
  readonly origin: "captured" | "reconstructed";
  /** Of what machine; or from what it is reconstructed. */
  readonly source: string;
  readonly answers: {
    readonly tcpInfo: Captured | Reconstructed;
    readonly peerCredentials: Captured | Reconstructed;
    readonly peerPid: Captured;
    /** Not in those that were reconstructed. */
    readonly peerEffectivePid?: Captured;
    readonly peerToken?: Captured;
    /** A family, or a negative error number. */
    readonly localFamily: number;
    readonly peerFamily: number;
  };
  readonly truth: Truth;
}

/** What the public functions have to say: the code of their error, or some properties, `null` for those that are undefined. */
export interface Truth {
  readonly tcpInfo: string | Readonly<Record<string, unknown>>;
  readonly peerCredentials: string | Readonly<Record<string, unknown>>;
  /** Where more is known than that. */
  readonly peerIdentity?: Readonly<Record<string, unknown>>;
}

/** Where what the public functions say of `source` is not the truth; none, if all is well. */
export function contradictions(source: SocketSource, truth: Truth): string[] {
  const said = {
    tcpInfo: say(() => getTcpInfo(source)),
    peerCredentials: say(() => getPeerCredentials(source)),
    peerIdentity: say(() => getPeerIdentity(source)),
  };
  return (["tcpInfo", "peerCredentials", "peerIdentity"] as const).flatMap((question) => {
    const [is, shouldBe] = [said[question], truth[question]];
    if (shouldBe === undefined) return [];
    if (typeof is === "string" || typeof shouldBe === "string") {
      return is === shouldBe ? [] : [`${question}: ${describe(is)} instead of ${describe(shouldBe)}`];
    }
    return Object.entries(shouldBe)
      .filter(([name, value]) => describe(is[name]) !== describe(value))
      .map(([name, value]) => `${question}.${name}: ${describe(is[name])} instead of ${describe(value)}`);
  });
}

function say(ask: () => object): string | Record<string, unknown> {
  try {
    return { ...ask() };
  } catch (error) {
    if (error instanceof SocketInfoError) return error.code;
    throw error;
  }
}

const describe = (value: unknown) => JSON.stringify(value ?? null);
