// The list in place of a Set, beside a Set.
import { expect, test } from "vitest";
import { LinkedList, type ListMember } from "../src/linked-list";

class Member implements ListMember<Member> {
  older: Member | undefined;
  newer: Member | undefined;
}

const members = Array.from({ length: 12 }, () => new Member());
const isOdd = (index: number) => index % 2 === 1;

test("has what a Set has, in the same order, after any additions and deletions", () => {
  for (let round = 0; round < 300; round++) {
    const list = new LinkedList<Member>();
    const set = new Set<Member>();
    for (let step = 0; step < 60; step++) {
      const member = members[Math.floor(Math.random() * members.length)] as Member;
      if (set.delete(member)) list.delete(member);
      else {
        list.add(member);
        set.add(member);
      }
      expect(list.size).toBe(set.size);
      expect([...list]).toEqual([...set]);
      expect(members.map((each) => list.has(each))).toEqual(members.map((each) => set.has(each)));
    }
    for (const member of set) list.delete(member);
  }
});

test("a second deletion does nothing, and a deleted member refers to nothing", () => {
  const list = new LinkedList<Member>();
  for (const member of members) list.add(member);
  const [first, second] = members as [Member, Member];
  list.delete(second);
  list.delete(second);
  expect(list.size).toBe(11);
  expect(second).toEqual({ older: undefined, newer: undefined });
  list.delete(first);
  expect([...list]).toEqual(members.slice(2));
});

test("a loop leaves out what is deleted before its turn, and what is added meanwhile", () => {
  const list = new LinkedList<Member>();
  const fresh = members.map(() => new Member());
  for (const member of fresh) list.add(member);
  const seen: Member[] = [];
  for (const member of list) {
    seen.push(member);
    if (seen.length > 1) continue;
    fresh.forEach((each, index) => isOdd(index) && list.delete(each));
    list.add(new Member());
  }
  expect(seen).toEqual(fresh.filter((_, index) => !isOdd(index)));
  expect(list.size).toBe(7);
});
