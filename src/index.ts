// The public names of sockinfo. No logic here.
export type { Closeable } from "./closeable";
export { diagnoseTcp } from "./diagnosis/diagnose-tcp";
export type {
  DiagnoseTcpOptions,
  TcpCause,
  TcpCauses,
  TcpDiagnosis,
  TcpFinding,
  TcpMeasure,
  TcpNumbers,
  TcpProof,
  TcpReason,
  TcpTimeShares,
  TcpVerdict,
} from "./diagnosis/types";
export { SocketInfoError, type SocketInfoErrorCode } from "./errors";
export { getUnsupportedReason, isSupported } from "./is-supported";
export { getPeerCredentials, tryGetPeerCredentials } from "./peer-credentials/get-peer-credentials";
export { getPeerIdentity, tryGetPeerIdentity } from "./peer-credentials/get-peer-identity";
export type { Absence, AuditToken, PeerIdentity, PeerIdentityPart } from "./peer-credentials/identity-types";
export { openPeerProcess, tryOpenPeerProcess } from "./peer-credentials/open-peer-process";
export type { PeerProcess } from "./peer-credentials/peer-process";
export type { PeerCredentials } from "./peer-credentials/types";
export type { BbrPhase, BbrV1, BbrV3, CongestionControl } from "./socket-facts/congestion-types";
export { getCongestionControl, tryGetCongestionControl } from "./socket-facts/get-congestion-control";
export { getSocketOptions, tryGetSocketOptions } from "./socket-facts/get-socket-options";
export type { SocketOptions } from "./socket-facts/options-types";
export { getMptcpInfo, tryGetMptcpInfo } from "./socket-facts/get-mptcp-info";
export type { MptcpEndpoint, MptcpInfo, MptcpSubflow } from "./socket-facts/mptcp-types";
export { getQueuedBytes, type QueuedBytes, tryGetQueuedBytes } from "./socket-facts/queued-bytes";
export { getSocketMemory, type SocketMemory, tryGetSocketMemory } from "./socket-facts/socket-memory";
export { getFd, getSocket } from "./source/get-socket";
export type { SocketSource } from "./source/types";
export { createTcpInfoReader, type TcpInfoReader } from "./tcp-info/create-tcp-info-reader";
export type { DarwinTcpInfo, TcpConnectionFlag } from "./tcp-info/darwin-types";
export { decodeTcpInfo, type TcpInfoOrigin } from "./tcp-info/decode";
export type { TcpInfoField, TcpInfoFields } from "./tcp-info/fields";
export { getTcpInfo, getTcpInfoBytes, tryGetTcpInfo } from "./tcp-info/get-tcp-info";
export { getTcpInfoBatch, type TcpInfoBatch } from "./tcp-info/get-tcp-info-batch";
export type {
  AccecnFail,
  AccecnOptSeen,
  EcnMode,
  FastopenClientFail,
  LinuxTcpInfo,
  TcpCaState,
} from "./tcp-info/linux-types";
export type { PortableTcpInfo, TcpOption, TcpState } from "./tcp-info/portable-types";
export type { TcpInfo } from "./tcp-info/types";
