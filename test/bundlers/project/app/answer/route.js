// A route handler of Next.js has a web-standard Request. It says whether sockinfo works, what it says of that Request, and what
// the server of the documentation handed over.
import { getTcpInfo, getUnsupportedReason } from "sockinfo";

export function GET(request) {
  const reason = getUnsupportedReason();
  return Response.json({
    unsupported: reason && `${reason.code} ${reason.message}`,
    refusal: refusalOf(request),
    rttMs: request.headers.get("x-tcp-rtt-ms"),
  });
}

function refusalOf(request) {
  try {
    return getTcpInfo(request).state;
  } catch (error) {
    return error.code;
  }
}
