// What all commands have in common: help, versions, mistakes, exit codes, and output that can't be written.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { program, runProgram } from "../helpers/program";

const commands = [...execFileSync(program, ["--help"], { encoding: "utf8" }).matchAll(/^ {2}([a-z][\w-]*) /gm)].map(
  ([, name = ""]) => name,
);

test("the program is a file that the system can execute", () => {
  expect(statSync(program).mode & 0o111).toBe(0o111);
  expect(readFileSync(program, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test.each([[], ...commands.map((name) => [name])])("the help fits on a screen: %s", async (...command) => {
  const { status, stdout, stderr } = await runProgram([...command, "--help"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^Usage: sockinfo /);
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test("each command has a section in the docs", () => {
  const page = readFileSync(join(root, "docs/cli.md"), "utf8");
  const sections = [...page.matchAll(/^## ([a-z][\w-]*)/gm)].map(([, name]) => name);
  expect(sections).toEqual(expect.arrayContaining(commands));
});

test("the help of a command comes before its arguments are checked", async () => {
  expect(await runProgram(["show", "nonsense", "more", "and more", "--help"])).toMatchObject({ status: 0, stderr: "" });
});

test("-h is --help", async () => {
  expect(await runProgram(["-h"])).toEqual(await runProgram(["--help"]));
});

test.each(["--version", "-v"])("%s", async (option) => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(await runProgram([option])).toEqual({ status: 0, signal: null, stdout: `${version}\n`, stderr: "" });
});

test.each([
  [[], /^sockinfo: A command is missing\nUsage: sockinfo <command>/],
  [["listner"], /^sockinfo: Unknown command "listner"\. Did you mean "listeners"\?\n/],
  [["frobnicate"], /^sockinfo: Unknown command "frobnicate"\nRun sockinfo --help/],
  [["--versoin"], /^sockinfo: Unknown option "--versoin"\. Did you mean "--version"\?\n/],
  [["-x"], /^sockinfo: Unknown option "-x"\n/],
  [["doctor", "--jsn"], /^sockinfo: Unknown option "--jsn"\. Did you mean "--json"\?\nUsage: sockinfo doctor /],
  [["doctor", "--json=yes"], /^sockinfo: Option "--json" takes no value\n/],
  [["doctor", "--__proto__"], /^sockinfo: Unknown option "--__proto__"\n/],
  [["doctor", "now"], /^sockinfo: Unexpected argument "now"\n/],
  [["show"], /^sockinfo: An argument is missing\nUsage: sockinfo show /],
  [["show", ":1", "127.0.0.1:1"], /^sockinfo: Unexpected argument "127.0.0.1:1" after a port\n/],
  [["show", "443"], /^sockinfo: "443" is not :port.* Did you mean ":443"\?\n/],
  [["show", ":0"], /^sockinfo: ":0" is not :port/],
  [["show", ":65536"], /^sockinfo: ":65536" is not :port/],
  [["show", "::1:80"], /^sockinfo: "::1:80" is not :port/],
  [["show", "localhost:80"], /^sockinfo: "localhost:80" is not :port/],
  [["show", "127.0.0.1:1", "[::1"], /^sockinfo: "\[::1" is not :port/],
])("a mistake ends with code 2: %j", async (args, message) => {
  const { status, stdout, stderr } = await runProgram(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(message);
});

test("a mistake is quoted without control characters", async () => {
  const { status, stderr } = await runProgram(["show", "\u001b]0;owned\u0007\u202e\u009b31m\n\u2028"]);
  expect(status).toBe(2);
  // oxlint-disable-next-line no-control-regex
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
});

test("-- ends the options", async () => {
  expect((await runProgram(["show", "--", "--json"])).stderr).toMatch(/^sockinfo: "--json" is not :port/);
});

test.skipIf(lacks("linux"))("a command of Linux says so elsewhere", async () => {
  const flags = ["--import", "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})"];
  for (const command of ["listeners", "show"]) {
    const { status, stdout, stderr } = await runProgram([command, ...(command === "show" ? [":1"] : [])], { flags });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      `sockinfo: "${command}" asks Linux's kernel. ` +
        "On other systems, sockinfo top shows the connections of a server that has a page (sockinfo/page)\n",
    );
  }
});

test.skipIf(lacks("linux"))("the reader of a pipe may close it", async () => {
  // The program starts only after the pipe is closed.
  const script = 'read line; "$0" "$1" --help; echo "code $?" >&2';
  const child = spawn("sh", ["-c", script, process.execPath, program], { stdio: "pipe" });
  const stderr = text(child.stderr);
  child.stdout.destroy();
  await once(child.stdout, "close");
  child.stdin.end("\n");
  expect(await stderr).toBe("code 0\n");
});

test.skipIf(lacks("linux"))("a full disk is an error", async () => {
  const child = spawn("sh", ["-c", '"$0" "$1" --help > /dev/full', process.execPath, program], { stdio: "pipe" });
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
  expect({ stderr, status }).toEqual({ stderr: expect.stringMatching(/^sockinfo: can't write: ENOSPC/), status: 1 });
});

test("an unknown command loads neither subpaths nor the native module", async () => {
  const hook =
    "data:text/javascript,import m from 'node:module';const{dlopen}=process;" +
    "process.dlopen=(...a)=>{console.error('dlopen');dlopen(...a)};" +
    "process.on('exit',()=>console.error(Object.keys(m._cache).map((f)=>f.split('dist')[1]).join()))";
  const { stderr } = await runProgram(["--version"], { flags: ["--import", hook] });
  expect(stderr.replaceAll("\\", "/")).toBe("/cli/sockinfo.js,/core.js\n");
});
