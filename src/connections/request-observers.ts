// The observers of one connection's requests. A pipelining client may have thousands of requests in flight, so the
// start or end of a request calls only the observers that it concerns.

export interface RequestObserver {
  /** Called only after `awaitNext()`. */
  nextRequestStarted(): void;
  /**
   * The observer's own request has ended. `isServed` is false if the response was aborted, which is reported on HTTP/2
   * only.
   */
  requestEnded(isServed: boolean): void;
  /** The connection has closed, or its tracker no longer follows it. */
  connectionLost(): void;
}

export class RequestObservers {
  readonly #byRequest = new Map<object, Set<RequestObserver>>();
  readonly #awaitingNext = new Set<RequestObserver>();

  /** The number of observed requests. */
  get size(): number {
    return this.#byRequest.size;
  }

  add(request: object, observer: RequestObserver): void {
    const observers = this.#byRequest.get(request);
    if (observers) observers.add(observer);
    else this.#byRequest.set(request, new Set([observer]));
  }

  delete(request: object, observer: RequestObserver): void {
    this.#awaitingNext.delete(observer);
    const observers = this.#byRequest.get(request);
    if (observers?.delete(observer) && observers.size === 0) this.#byRequest.delete(request);
  }

  awaitNext(observer: RequestObserver): void {
    this.#awaitingNext.add(observer);
  }

  requestStarted(): void {
    for (const observer of this.#awaitingNext) observer.nextRequestStarted();
    this.#awaitingNext.clear();
  }

  requestEnded(request: object, isServed: boolean): void {
    for (const observer of this.#byRequest.get(request) ?? []) observer.requestEnded(isServed);
  }

  connectionLost(): void {
    for (const observers of this.#byRequest.values()) for (const observer of observers) observer.connectionLost();
  }
}
