// A route handler of Next.js gets a web-standard Request. It returns whether sockinfo works, the result for that
// Request, the results for the current socket, and the header that the documented server added.
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

/** The body arrives after the headers. */
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
