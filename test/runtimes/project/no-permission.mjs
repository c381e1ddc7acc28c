// Runs on Deno without permissions. Importing must work, and the error must name the missing permission.
import { getTcpInfo, isSupported } from "sockinfo";

try {
  getTcpInfo(0);
} catch ({ code, message }) {
  console.log(isSupported(), code, message.split("\n")[0]);
}
