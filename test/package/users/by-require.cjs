// A user's CommonJS module.
const sockinfo = require("sockinfo");
const { report } = require("./checks.cjs");

void report(sockinfo);
