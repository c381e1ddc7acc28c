// docs/sources.md names the places that the code looks at, in the order in which it does.
import { expect, test } from "vitest";
// Not public: the list itself.
import { PATHS } from "../../src/source/paths";
import { tableRows } from "../helpers/docs";

test("the table is the list", () => {
  const places = PATHS.map(({ follow }) =>
    /s\.((?:\w+\??\.)*\w*socket)\b/.exec(follow.toString())?.[1]?.replaceAll("?", ""),
  );
  const documented = tableRows("docs/sources.md", /^(\w+\.)*\w*socket$/).map(([place]) => place);
  // One place is behind a symbol: the table tells it in words.
  expect(places.filter((place) => place === undefined)).toHaveLength(1);
  expect(documented).toEqual(["socket", ...places.filter((place) => place !== undefined)]);
});
