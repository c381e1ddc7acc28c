// An API route of the Pages Router gets Node's own request.
import { getTcpInfo } from "sockinfo";

export default function handler(req, res) {
  res.end(getTcpInfo(req).state);
}
