// Hides some events of a server from all of its listeners. A listener can't keep an event from the others.
import type { Server } from "node:net";
import { defineHidden, ownDescriptor } from "../../core";

type Emit = (...parameters: unknown[]) => boolean;

/** For each removed filter, the own `emit` that the server had before the filter. */
const removed = new WeakMap<object, PropertyDescriptor | undefined>();

/**
 * Sets an own `emit` on the server, which Node calls for each event. The listeners get the events for which `mayPass`
 * returns true. Returns a function that removes the filter. If other code has wrapped `emit` since, the filter stays
 * under that wrapper and lets every event pass.
 */
export function filterEmit(server: Server, mayPass: (parameters: readonly unknown[]) => boolean): () => void {
  let before = ownDescriptor(server, "emit");
  let own = before && (server.emit as Emit);
  let isRemoved = false;
  // Without this, gates that replace each other would leave a longer and longer chain of calls.
  const unlinkRemoved = (): void => {
    if (!isRemovedFilter(before)) return;
    before = skipRemoved(before);
    own = before && ((before.value ?? before.get?.call(server)) as Emit);
  };
  const value = function (this: Server, ...parameters: unknown[]): boolean {
    if (!isRemoved && !mayPass(parameters)) return true;
    unlinkRemoved();
    // An inherited emit is looked up each time, because tracers may patch that of the prototype at any time.
    const emit = own ?? (Object.getPrototypeOf(server) as { emit: Emit }).emit;
    return emit.apply(this, parameters);
  };
  // No accessor, because some tracers wrap `emit` again until they read back their own function.
  defineHidden(server, "emit", value);
  return () => {
    isRemoved = true;
    unlinkRemoved();
    removed.set(value, before);
    if (Object.getOwnPropertyDescriptor(server, "emit")?.value === value) restoreEmit(server, before);
  };
}

function isRemovedFilter(descriptor: PropertyDescriptor | undefined): boolean {
  return descriptor !== undefined && removed.has(descriptor.value as object);
}

/** The own `emit` below the filters that were removed while another one was on top of them. */
function skipRemoved(descriptor: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  let below = descriptor;
  while (below && isRemovedFilter(below)) below = removed.get(below.value as object);
  return below;
}

function restoreEmit(server: Server, before: PropertyDescriptor | undefined): void {
  const descriptor = skipRemoved(before);
  // These calls do not throw. If the property can't be changed any more, the filter stays and lets every event pass.
  if (descriptor) Reflect.defineProperty(server, "emit", descriptor);
  else Reflect.deleteProperty(server, "emit");
}
