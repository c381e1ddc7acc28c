// The properties of the decoders of credentials, for any answers of any kernel.
import * as fc from "fast-check";
import type { NativeBinding } from "../../src/addon/native-binding.ts";
// The decoders are not public.
import { readDarwinEffectivePid, readDarwinToken } from "../../src/peer-credentials/darwin-token.ts";
import { readDarwinCredentials } from "../../src/peer-credentials/darwin.ts";
import { readLinuxLabel } from "../../src/peer-credentials/linux-label.ts";
import { readLinuxCredentials } from "../../src/peer-credentials/linux.ts";
import { bytes } from "./bytes.mts";
import { claim, expect } from "./claims.mts";

const UNIX = 1;
const ERRNO = {
  ENOENT: 2,
  ESRCH: 3,
  EWOULDBLOCK: 11,
  EINVAL: 22,
  ENOTSOCK: 88,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  ECONNRESET: 104,
  ENOTCONN: 107,
  ENOTTY: 25,
};
const errors = fc
  .oneof(fc.constantFrom(...Object.values(ERRNO)), fc.integer({ min: 1, max: 4095 }))
  .map((errno) => -errno);
const families = fc.oneof({ weight: 4, arbitrary: fc.constant(UNIX) }, fc.nat(50), errors);
/** The bytes that a call writes to the buffer, or its error number. */
const answers = (maxLength: number) => fc.oneof({ weight: 4, arbitrary: bytes({ maxLength }) }, errors);
// The kernel returns whole ids. The list may be longer than the buffer.
const groups = answers(700).map((answer) =>
  typeof answer === "number" ? answer : answer.subarray(0, answer.length - (answer.length % 4)),
);

const kernels = fc.record({
  peerFamily: families,
  localFamily: families,
  credentials: answers(80),
  groups,
  pid: answers(4),
});

const property = (read: typeof readLinuxCredentials) =>
  fc.property(kernels, ({ peerFamily, localFamily, credentials, groups: list, pid }) => {
    const binding: Partial<NativeBinding> = {
      platform: read === readLinuxCredentials ? "linux" : "darwin",
      unixFamily: UNIX,
      errno: ERRNO,
      buffer: sharedBuffer,
      peerFamily: () => peerFamily,
      localFamily: () => localFamily,
      peerCredentials: () => into(shared, credentials),
      unixPeer: () => {
        const words = new Int32Array(sharedBuffer);
        words[0] = into(shared.subarray(4, 16), credentials);
        words[4] = into(shared.subarray(20), list);
        return peerFamily;
      },
      peerGroupsInto: (_fd, target) => into(target, list),
      peerPid: () => into(shared, pid),
    };
    const result = read(binding as NativeBinding, 3);
    if (!("uid" in result)) return;
    expect(isId(result.uid) && isId(result.gid), `ids ${result.uid} and ${result.gid}`);
    expect(result.pid === undefined || (Number.isInteger(result.pid) && result.pid !== 0), `process ${result.pid}`);
    expect((result.groups ?? []).every(isId), `groups ${result.groups?.join()}`);
  });

/** The other parts of an identity: a label of any length, a token, a pid. */
const identityParts = fc.record({ label: answers(1200), token: answers(40), effectivePid: answers(4) });

const identityProperty = fc.property(identityParts, ({ label, token, effectivePid }) => {
  const binding = {
    errno: ERRNO,
    buffer: sharedBuffer,
    peerLabel: () => into(shared, label),
    peerLabelInto: (_fd, target) => into(target, label),
    peerToken: () => into(shared, token),
    peerEffectivePid: () => into(shared, effectivePid),
  } satisfies Partial<NativeBinding> as Partial<NativeBinding> as NativeBinding;
  const text = readLinuxLabel(binding, 3);
  if (typeof text === "string" && typeof label !== "number") {
    expect(!text.includes("\0") && text.length <= label.length, `a label of ${text.length} characters`);
  }
  const decoded = readDarwinToken(binding, 3);
  if ("bytes" in decoded) {
    expect(
      decoded.bytes.length === 32 && decoded.bytes.buffer !== sharedBuffer,
      "the token shares the buffer, or has not 32 bytes",
    );
    expect(
      [decoded.uid, decoded.gid, decoded.realUid, decoded.realGid].every(isId),
      "an id of the token is out of range",
    );
  }
  const pid = readDarwinEffectivePid(binding, 3);
  expect(typeof pid !== "number" || (Number.isInteger(pid) && pid !== 0), "not a pid");
});

/** Answers as the native module does: if the answer does not fit, returns its length and writes nothing. */
function into(target: Uint8Array, answer: Uint8Array | number): number {
  if (typeof answer === "number") return answer;
  if (answer.length <= target.length) target.set(answer);
  return answer.length;
}

/** One buffer for all calls, as in the native module. */
const sharedBuffer = new ArrayBuffer(512);
const shared = new Uint8Array(sharedBuffer);

const isId = (id: number) => Number.isInteger(id) && id >= 0 && id < 2 ** 32;

export const credentialsClaims = {
  "any answers of Linux result in credentials or an error": claim(property(readLinuxCredentials)),
  "any answers of macOS result in credentials or an error": claim(property(readDarwinCredentials)),
  "any label, token and pid result in a value or an error": claim(identityProperty),
};
