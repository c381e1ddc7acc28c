// docs/sources.md names the places that the code looks at, in the order in which it does.
import { expect, test } from "vitest";
// Not public: the list itself.
import { SOURCE_KINDS } from "../../src/source/source-kinds";
import { tableRows } from "../helpers/docs";

test("the table is the list", () => {
  const places = SOURCE_KINDS.map(({ toRequest, toSocket }) => {
    const way = /\bs\.((?:\w+\??\.)*\w+)/.exec((toRequest ?? toSocket).toString())?.[1]?.replaceAll("?", "");
    return way && toRequest ? `${way}.socket` : way;
  });
  const documented = tableRows("docs/sources.md", /^(\w+\.)*\w*socket$/).map(([place]) => place);
  // One place is under a symbol, which the documentation describes in words.
  expect(places.filter((place) => place === undefined)).toHaveLength(1);
  expect(documented).toEqual(["socket", ...places.filter((place) => place !== undefined)]);
});
