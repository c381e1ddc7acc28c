// Everything that subpaths and parts may import: the public names, and the internal ones that they need. It becomes one
// bundle, dist/core.js, so all of them share one error class and one native module.
export * from "./index";
export { loadAddon } from "./addon/load";
export type { NativeBinding } from "./addon/native-binding";
export { closeOnce } from "./closeable";
export { sharesOf, timeShares } from "./diagnosis/time-shares";
export { defineHidden, ownDescriptor } from "./define-hidden";
export { Failure } from "./errors";
export { HIJACK_CHANNEL, type HijackMessage, RELEASE_CHANNEL, type ReleaseMessage } from "./hijack-channels";
export { loadUsableAddon } from "./is-supported";
export { LinkedList, type ListMember } from "./linked-list";
export { readPeerCredentials, readPeerIds, recallPeerCredentials } from "./peer-credentials/read-credentials";
export type { PeerIds } from "./peer-credentials/types";
export { findNearest, readOptions, type Readers } from "./options";
export { loadDiagnosis } from "./parts";
export { otherRuntime, refuseRuntime } from "./runtime";
export type { DumpOptions, TcpSocketDump } from "./sock-diag/dump-tcp-sockets";
export {
  dumpAllTcpSockets,
  dumpTcpSockets,
  dumpUnixSockets,
  findTcpSocket,
  subscribeToDestroyEvents,
} from "./sock-diag/first-use";
export { cookieBesideTcpInfo, readCookie } from "./sock-diag/read-cookie";
export type { TcpEndpoint, TcpSocketId } from "./sock-diag/socket-id";
export type { TcpSocketColumn } from "./sock-diag/columns";
export type { UnixSocketDump } from "./sock-diag/dump-unix-sockets";
export type { UnixSocketFile, UnixSocketRow, UnixSocketState, UnixSocketType } from "./sock-diag/unix-socket-row";
export type { TcpSocketRow } from "./sock-diag/socket-row";
export type { DestroyedSocket, DestroyObserver, DestroySubscription } from "./sock-diag/destroy-events";
export { findSocket, isSocket } from "./source/find-socket";
export { closingLentFds } from "./source/lent-fd";
export { findListenerFd } from "./source/listener";
export { type PrivateSlot, privateSlot } from "./source/private-slot";
export { countUnlisted, openConnections } from "./source/open-connections";
export { acceptedSockets, isAcceptedBy, isAnswering, underSession, underTls, wasAccepted } from "./source/raw-socket";
export { isRefused, markRefused } from "./source/refused";
export { searchRequest, searchSource } from "./source/search-source";
export { httpOf, isTls } from "./source/server-protocol";
export { handleOf } from "./source/find-fd";
export {
  isTracker,
  kConnection,
  markTracker,
  refuseNonTracker,
  trackedAt,
  type TrackedConnection,
} from "./source/tracked";
export { isServer, notAServer, refuseNonServer } from "./source/server";
export { fieldList } from "./tcp-info/field-list";
export type { FieldList, TcpInfoFields } from "./tcp-info/fields";
export { growth16, growth32, growth64, growthOfMicroseconds } from "./tcp-info/counter-growth";
export { AddressBytes, type ConnectionAddresses, readAddresses } from "./socket-facts/address-bytes";
export { readDroppedPackets } from "./socket-facts/socket-memory";
export { HIGH, LOW } from "./tcp-info/linux";
export { STATE_NAMES } from "./tcp-info/linux-names";
export { whyNotConnected } from "./tcp-info/no-struct";
export { LITTLE_ENDIAN, structViews } from "./tcp-info/struct-views";
export { layout } from "./tcp-info/this-system";
export { readFields, readTcpInfoInAnyState } from "./tcp-info/get-tcp-info";
export { type KeptTcpInfo, readKeptTcpInfo } from "./tcp-info/kept-tcp-info";
export { isTcpListener } from "./tcp-info/so-protocol";
export { readTcpInfoBatch, type TcpInfoRows } from "./tcp-info/get-tcp-info-batch";
export {
  LONGEST_DELAY_MS,
  readBoolean,
  readDuration,
  readFunction,
  readId,
  readIdOrName,
  readInteger,
  readListOf,
  readOneOf,
  readString,
  type Reader,
  received,
  wrongValue,
} from "./values";
