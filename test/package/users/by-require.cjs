// A user's CommonJS module.
const sockinfo = require("sockinfo");
const connections = require("sockinfo/connections");
const hijack = require("sockinfo/hijack");
const unix = require("sockinfo/unix");
const { report } = require("./checks.cjs");

void report({ sockinfo, connections, hijack, unix });
