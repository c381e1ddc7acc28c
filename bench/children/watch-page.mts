// Opens event streams of a page and reads them until its parent ends. Parameters: the address, and how many.
import { get } from "node:http";

const [address = "", count = "0"] = process.argv.slice(2);
const { href, searchParams } = new URL(address);
const headers = { authorization: `Bearer ${searchParams.get("token")}` };
process.on("disconnect", () => process.exit());

let watching = 0;
for (let opened = 0; opened < Number(count); opened++) {
  get(new URL("events", href), { headers, agent: false }, (response) => {
    response.once("data", () => ++watching === Number(count) && process.send?.("watching")).resume();
  });
}
