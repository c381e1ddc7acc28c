// A route handler of Next.js has a web-standard Request. It says whether sockinfo works, what it says of that Request, what it says
// without a request, and what the server of the documentation handed over.
import { getTcpInfo, getUnsupportedReason } from "sockinfo";
import { getCurrentSocket } from "sockinfo/connections";

export function GET(request) {
  const reason = getUnsupportedReason();
  return Response.json({
    unsupported: reason && `${reason.code} ${reason.message}`,
    refusal: resultOf(() => getTcpInfo(request).state),
    currentState: resultOf(() => getTcpInfo(getCurrentSocket()).state),
    currentPorts: [getCurrentSocket()?.remotePort],
    rttMs: request.headers.get("x-tcp-rtt-ms"),
  });
}

/** The body comes later than the request. */
export async function POST(request) {
  const before = getCurrentSocket()?.remotePort;
  await request.text();
  return Response.json({ currentPorts: [before, getCurrentSocket()?.remotePort] });
}

function resultOf(call) {
  try {
    return call();
  } catch (error) {
    return error.code;
  }
}
