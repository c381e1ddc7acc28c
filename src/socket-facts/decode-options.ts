// Decodes what the native module's socketOptions() writes. Makes no system call. options-types.ts documents each value.
import { LITTLE_ENDIAN } from "../tcp-info/struct-views";
import type { SocketOptions } from "./options-types";

// The answers, in the order of native/socket_options.h.
const KEEP_ALIVE_IDLE = 0;
const KEEP_ALIVE = 1;
const KEEP_ALIVE_INTERVAL = 2;
const KEEP_ALIVE_PROBES = 3;
const NO_DELAY = 4;
const RECEIVE_BUFFER = 5;
const SEND_BUFFER = 6;
const BUFFER_LOCK = 7;
const USER_TIMEOUT = 8;
const NOT_SENT_LOW_WATER = 9;
const MAX_PACING_RATE = 10;
const MARK = 11;
const COOKIE = 12;
const TYPE_OF_SERVICE = 13;

/** The words of an answer: its length or a negative error number, and eight bytes of value. */
const WORDS = 3;
/** The words of a value of eight bytes, counted from the answer's first word. */
const HIGH = LITTLE_ENDIAN ? 2 : 1;
const LOW = 3 - HIGH;

// The bits of SO_BUF_LOCK.
const SEND_BUFFER_LOCK = 1;
const RECEIVE_BUFFER_LOCK = 2;

const UINT32_MAX = 0xffff_ffff;

/**
 * The length or negative error number of the first answer. Only TCP has that option, so an error shows that the socket
 * is no TCP socket, or that no option of it can be read.
 */
export function firstAnswer(words: Uint32Array): number {
  return (words[KEEP_ALIVE_IDLE * WORDS] as number) | 0;
}

/** @param userTimeoutUnitMs - The unit of the user timeout, which differs between systems. */
export function decodeSocketOptions(words: Uint32Array, userTimeoutUnitMs: 1 | 1000): SocketOptions {
  const rcvBufferLimitBytes = readWord(words, RECEIVE_BUFFER);
  const sndBufferLimitBytes = readWord(words, SEND_BUFFER);
  const locks = readWord(words, BUFFER_LOCK) ?? 0;
  return {
    rcvBufferLimitBytes,
    sndBufferLimitBytes,
    requestedRcvBufferBytes: locks & RECEIVE_BUFFER_LOCK ? half(rcvBufferLimitBytes) : undefined,
    requestedSndBufferBytes: locks & SEND_BUFFER_LOCK ? half(sndBufferLimitBytes) : undefined,
    noDelay: toBoolean(readWord(words, NO_DELAY)),
    keepAlive: toBoolean(readWord(words, KEEP_ALIVE)),
    // Older systems of Apple return 0 where they use the system's number. Linux returns the system's number.
    keepAliveIdleMs: times(readWord(words, KEEP_ALIVE_IDLE) || undefined, 1000),
    keepAliveIntervalMs: times(readWord(words, KEEP_ALIVE_INTERVAL) || undefined, 1000),
    keepAliveProbes: readWord(words, KEEP_ALIVE_PROBES) || undefined,
    userTimeoutMs: times(readWord(words, USER_TIMEOUT) || undefined, userTimeoutUnitMs),
    notSentLimitBytes: notSentLimit(readWord(words, NOT_SENT_LOW_WATER)),
    maxPacingRateBytesPerSecond: readRate(words, MAX_PACING_RATE),
    typeOfService: readWord(words, TYPE_OF_SERVICE),
    mark: readWord(words, MARK) || undefined,
    cookie: readHex(words, COOKIE),
  };
}

/** The value of an answer of four bytes. `undefined` for an error and for any other length. */
function readWord(words: Uint32Array, answer: number): number | undefined {
  return words[answer * WORDS] === 4 ? words[answer * WORDS + 1] : undefined;
}

/** Kernels before 4.20 and of 32-bit machines return four bytes. */
function readRate(words: Uint32Array, answer: number): number | undefined {
  const at = answer * WORDS;
  if (words[at] !== 8) {
    const rate = readWord(words, answer);
    return rate === UINT32_MAX ? Infinity : rate;
  }
  const [high, low] = [words[at + HIGH] as number, words[at + LOW] as number];
  return high === UINT32_MAX && low === UINT32_MAX ? Infinity : high * 0x1_0000_0000 + low;
}

function readHex(words: Uint32Array, answer: number): string | undefined {
  const at = answer * WORDS;
  if (words[at] !== 8) return undefined;
  const [high, low] = [words[at + HIGH] as number, words[at + LOW] as number];
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0");
}

/** A socket without a limit of its own has 0. The largest number is the default of the system, and so no limit, too. */
function notSentLimit(bytes: number | undefined): number | undefined {
  return bytes === UINT32_MAX ? undefined : bytes || undefined;
}

function toBoolean(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== 0;
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function half(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 2;
}
