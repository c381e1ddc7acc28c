// docs/sources.md lists the places where the code looks for a socket, in the same order.
import { expect, test } from "vitest";
// Not public: the list of the code.
import { SOURCE_KINDS } from "../../src/source/source-kinds";
import { tableRows } from "../helpers/docs";

test("the table equals the list", () => {
  const places = SOURCE_KINDS.map(({ toRequest, toSocket }) => {
    const way = /\bs\.((?:\w+\??\.)*\w+)/.exec((toRequest ?? toSocket).toString())?.[1]?.replaceAll("?", "");
    return way && toRequest ? `${way}.socket` : way;
  });
  const documented = tableRows("docs/sources.md", /^(\w+\.)*\w*socket$/).map(([place]) => place);
  // One place has a symbol, which the table describes in words.
  expect(places.filter((place) => place === undefined)).toHaveLength(1);
  expect(documented).toEqual(["socket", ...places.filter((place) => place !== undefined)]);
});
