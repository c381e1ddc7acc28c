// A user's ES module.
import * as sockinfo from "sockinfo";
import { report } from "./checks.cjs";

await report(sockinfo);
