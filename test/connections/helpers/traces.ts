// What a tracker or a switch could leave on the objects of Node.
import type { EventEmitter } from "node:events";

/** All listeners of an emitter, by event. */
export function listenersOf(emitter: EventEmitter): Map<string | symbol, unknown[]> {
  const events = emitter.eventNames().filter((event) => emitter.listenerCount(event) > 0);
  return new Map(events.map((event) => [event, emitter.rawListeners(event)]));
}

/** The number of listeners by event, and the names of own properties. */
export function tracesOf(emitter: EventEmitter): unknown {
  const listeners = [...listenersOf(emitter)].map(([event, { length }]) => [event, length] as const);
  return { listeners: new Map(listeners), properties: Reflect.ownKeys(emitter).map(String).toSorted() };
}
