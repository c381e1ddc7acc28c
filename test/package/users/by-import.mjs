// A user's ES module.
import * as sockinfo from "sockinfo";
import * as connections from "sockinfo/connections";
import { report } from "./checks.cjs";

await report(sockinfo, connections);
