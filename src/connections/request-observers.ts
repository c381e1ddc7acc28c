// The observers of one connection's requests. A pipelining client may have thousands of requests under way, so a request that
// starts or ends reaches only the observers that it concerns.

export interface RequestObserver {
  /** Only after `awaitNext()`. */
  nextRequestStarted(): void;
  /** The observer's own request. `isServed` is false for what was given up, on HTTP/2. */
  requestEnded(isServed: boolean): void;
  /** The connection has closed, or its tracker has let go of it. */
  connectionLost(): void;
}

export class RequestObservers {
  readonly #byRequest = new Map<object, Set<RequestObserver>>();
  readonly #awaitingNext = new Set<RequestObserver>();

  /** How many requests are observed. */
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
