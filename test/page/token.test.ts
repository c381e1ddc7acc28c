// page.listen(port): every user of the machine may connect, so a token decides.
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { asVisitor } from "../unix/helpers/visitors";
import { bearer, show, targetOf, visit, watch } from "./visits";

test("the printed address sets a cookie, and redirects to the address without the token", async () => {
  const { page } = await show();
  const address = await page.listen(0);
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\?token=[\w-]{43}$/);
  const target = targetOf(address);
  const { status, headers } = await visit(target, `?token=${target.token}`);
  expect([status, headers.location, headers["referrer-policy"]]).toEqual([303, "./", "no-referrer"]);
  const [cookie = ""] = headers["set-cookie"] ?? [];
  expect(cookie).toBe(`sockinfo-page-${target.port}=${target.token}; Path=${target.folder}; HttpOnly; SameSite=Strict`);
  const [pair = ""] = cookie.split(";");
  expect((await visit(target, "", { Cookie: pair })).status).toBe(200);
  // A server on another port of this host may have set a cookie with the same name.
  expect((await visit(target, "", { Cookie: `a=b; sockinfo-page-${target.port}=evil; ${pair}` })).status).toBe(200);
  expect((await watch(target, "", { Cookie: pair })).status).toBe(200);
});

test("two pages have different tokens and folders", async () => {
  const { page } = await show();
  const [one, other] = [targetOf(await page.listen(0)), targetOf(await page.listen(0))];
  expect(one.token).not.toBe(other.token);
  expect(one.folder).not.toBe(other.folder);
  expect((await visit(other, "", bearer(one))).status).toBe(401);
  expect((await visit({ ...other, folder: one.folder }, "", bearer(other))).status).toBe(404);
});

describe("without the token", () => {
  test.each<[string, (token: string, port: number) => Record<string, string>]>([
    ["nothing", () => ({})],
    ["a prefix", (token) => ({ Authorization: `Bearer ${token.slice(0, -1)}` })],
    ["more", (token) => ({ Authorization: `Bearer ${token}A` })],
    ["other case", (token) => ({ Authorization: `Bearer ${token.toLowerCase()}` })],
    ["another scheme", (token) => ({ Authorization: `Basic ${token}` })],
    ["an empty one", () => ({ Authorization: "Bearer " })],
    ["a cookie of another port", (token, port) => ({ Cookie: `sockinfo-page-${port + 1}=${token}` })],
    ["an empty cookie", (_, port) => ({ Cookie: `sockinfo-page-${port}=` })],
    ["a cookie whose name ends like it", (token, port) => ({ Cookie: `x-sockinfo-page-${port}=${token}` })],
    ["it in the query of another resource", (token) => ({ Referer: `http://127.0.0.1/?token=${token}` })],
  ])("%s", async (_, headersOf) => {
    const { page } = await show();
    const target = targetOf(await page.listen(0));
    const headers = headersOf(target.token ?? "", target.port ?? 0);
    for (const path of [
      "",
      "page.js",
      "page.css",
      "events",
      `events?token=${target.token}`,
      "?token=wrong",
      "?token",
    ]) {
      const answer = await visit(target, path, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers["set-cookie"]).toBeUndefined();
      expect(answer.body).toBe("Open the address with the token, which the program printed.\n");
    }
  });

  test("no address outside the folder says that the page is there", async () => {
    const { page } = await show();
    const target = targetOf(await page.listen(0));
    for (const path of ["/", "/events", "/page.js", `/?token=${target.token}`, target.folder.slice(0, -1)]) {
      const { status, headers } = await visit(target, path, bearer(target));
      expect([status, headers.location]).toEqual([404, undefined]);
    }
    expect((await visit(target, "deeper/", bearer(target))).status).toBe(404);
  });

  test.skipIf(lacks("root", "setpriv", "curl"))(
    "another user of this machine reaches the port, and nothing else",
    async () => {
      const { page } = await show();
      const address = await page.listen(0);
      const [command = "", ...prefix] = asVisitor;
      const child = spawn(command, [...prefix, "curl", "-s", "-m", "20", new URL("/", address).href], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let received = "";
      for await (const chunk of child.stdout) received += String(chunk);
      expect(received).toBe("There is nothing here.\n");
    },
  );
});

test("the token is in no answer but the redirect of one who has it", async () => {
  const { page } = await show();
  const target = targetOf(await page.listen(0));
  for (const path of ["", "page.js", "page.css", "x.y", "events?limit=x"]) {
    const { headers, body } = await visit(target, path, bearer(target));
    expect(JSON.stringify(headers) + body).not.toContain(target.token);
    expect(JSON.stringify(headers) + body).not.toContain(target.folder);
  }
});
