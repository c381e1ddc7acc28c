// Each observer is called for its own request only, so the work for a pipelining client does not grow with the square
// of its requests.
import { expect, test } from "vitest";
import { RequestObservers, type RequestObserver } from "../../src/connections/request-observers";

const REQUESTS = 1000;

test("each observer is called once for its request, and once for the next", () => {
  const observers = new RequestObservers();
  const calls = { nextRequestStarted: 0, requestEnded: 0, connectionLost: 0 };
  const requests = Array.from({ length: REQUESTS }, () => {
    observers.requestStarted();
    const request = {};
    const observer: RequestObserver = {
      nextRequestStarted: () => calls.nextRequestStarted++,
      requestEnded: () => {
        calls.requestEnded++;
        observers.awaitNext(observer);
      },
      connectionLost: () => {
        calls.connectionLost++;
        observers.delete(request, observer);
      },
    };
    observers.add(request, observer);
    return request;
  });
  for (const request of requests) observers.requestEnded(request, true);
  expect(calls).toEqual({ nextRequestStarted: 0, requestEnded: REQUESTS, connectionLost: 0 });
  observers.requestStarted();
  observers.requestStarted();
  expect(calls.nextRequestStarted).toBe(REQUESTS);
  observers.connectionLost();
  observers.connectionLost();
  expect(calls.connectionLost).toBe(REQUESTS);
});
