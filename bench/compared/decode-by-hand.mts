// struct tcp_info decoded by hand, as a user of koffi would: raw numbers without units, no check of what this kernel
// has. decodeAllFields() throws on a struct that is shorter than that of Linux 6.18.

const LE = true;

/** The three fields of a log line. */
export function decodeThreeFields(view: DataView): object {
  return {
    rtt: view.getUint32(68, LE),
    minRtt: view.getUint32(148, LE),
    totalRetrans: view.getUint32(100, LE),
  };
}

/** Ten fields that are often used. */
export function decodeTenFields(view: DataView): object {
  return {
    state: view.getUint8(0),
    rto: view.getUint32(8, LE),
    sndMss: view.getUint32(16, LE),
    rtt: view.getUint32(68, LE),
    rttvar: view.getUint32(72, LE),
    sndSsthresh: view.getUint32(76, LE),
    sndCwnd: view.getUint32(80, LE),
    totalRetrans: view.getUint32(100, LE),
    bytesAcked: Number(view.getBigUint64(120, LE)),
    bytesReceived: Number(view.getBigUint64(128, LE)),
  };
}

export function decodeAllFields(view: DataView): object {
  return {
    state: view.getUint8(0),
    caState: view.getUint8(1),
    retransmits: view.getUint8(2),
    probes: view.getUint8(3),
    backoff: view.getUint8(4),
    options: view.getUint8(5),
    sndWscale: view.getUint8(6) & 15,
    rcvWscale: view.getUint8(6) >> 4,
    deliveryRateAppLimited: view.getUint8(7) & 1,
    fastopenClientFail: (view.getUint8(7) >> 1) & 3,
    rto: view.getUint32(8, LE),
    ato: view.getUint32(12, LE),
    sndMss: view.getUint32(16, LE),
    rcvMss: view.getUint32(20, LE),
    unacked: view.getUint32(24, LE),
    sacked: view.getUint32(28, LE),
    lost: view.getUint32(32, LE),
    retrans: view.getUint32(36, LE),
    fackets: view.getUint32(40, LE),
    lastDataSent: view.getUint32(44, LE),
    lastAckSent: view.getUint32(48, LE),
    lastDataRecv: view.getUint32(52, LE),
    lastAckRecv: view.getUint32(56, LE),
    pmtu: view.getUint32(60, LE),
    rcvSsthresh: view.getUint32(64, LE),
    rtt: view.getUint32(68, LE),
    rttvar: view.getUint32(72, LE),
    sndSsthresh: view.getUint32(76, LE),
    sndCwnd: view.getUint32(80, LE),
    advmss: view.getUint32(84, LE),
    reordering: view.getUint32(88, LE),
    rcvRtt: view.getUint32(92, LE),
    rcvSpace: view.getUint32(96, LE),
    totalRetrans: view.getUint32(100, LE),
    pacingRate: Number(view.getBigUint64(104, LE)),
    maxPacingRate: Number(view.getBigUint64(112, LE)),
    bytesAcked: Number(view.getBigUint64(120, LE)),
    bytesReceived: Number(view.getBigUint64(128, LE)),
    segsOut: view.getUint32(136, LE),
    segsIn: view.getUint32(140, LE),
    notsentBytes: view.getUint32(144, LE),
    minRtt: view.getUint32(148, LE),
    dataSegsIn: view.getUint32(152, LE),
    dataSegsOut: view.getUint32(156, LE),
    deliveryRate: Number(view.getBigUint64(160, LE)),
    busyTime: Number(view.getBigUint64(168, LE)),
    rwndLimited: Number(view.getBigUint64(176, LE)),
    sndbufLimited: Number(view.getBigUint64(184, LE)),
    delivered: view.getUint32(192, LE),
    deliveredCe: view.getUint32(196, LE),
    bytesSent: Number(view.getBigUint64(200, LE)),
    bytesRetrans: Number(view.getBigUint64(208, LE)),
    dsackDups: view.getUint32(216, LE),
    reordSeen: view.getUint32(220, LE),
    rcvOoopack: view.getUint32(224, LE),
    sndWnd: view.getUint32(228, LE),
    rcvWnd: view.getUint32(232, LE),
    rehash: view.getUint32(236, LE),
    totalRto: view.getUint16(240, LE),
    totalRtoRecoveries: view.getUint16(242, LE),
    totalRtoTime: view.getUint32(244, LE),
    receivedCe: view.getUint32(248, LE),
    deliveredE1Bytes: view.getUint32(252, LE),
    deliveredE0Bytes: view.getUint32(256, LE),
    deliveredCeBytes: view.getUint32(260, LE),
    receivedE1Bytes: view.getUint32(264, LE),
    receivedE0Bytes: view.getUint32(268, LE),
    receivedCeBytes: view.getUint32(272, LE),
    ecnWord: view.getUint32(276, LE),
  };
}
