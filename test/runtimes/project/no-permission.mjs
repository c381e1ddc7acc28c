// Run by Deno with nothing allowed: importing must work, and the first call say what is missing.
import { getTcpInfo, isSupported } from "sockinfo";

try {
  getTcpInfo(0);
} catch ({ code, message }) {
  console.log(isSupported(), code, message.split("\n")[0]);
}
