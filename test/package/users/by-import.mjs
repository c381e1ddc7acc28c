// A user's ES module.
import * as sockinfo from "sockinfo";
import * as connections from "sockinfo/connections";
import * as hijack from "sockinfo/hijack";
import * as unix from "sockinfo/unix";
import { report } from "./checks.cjs";

await report({ sockinfo, connections, hijack, unix });
