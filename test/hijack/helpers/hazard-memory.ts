// A connection in memory: what is written to one end is at the other in the same turn.
import type { Server } from "node:http";
import { Duplex } from "node:stream";

/** The client's end of a new connection to `server`. */
export function connectInMemory(server: Server): Duplex {
  const ends: Duplex[] = [0, 1].map((side) => {
    const write: NonNullable<ConstructorParameters<typeof Duplex>[0]>["write"] = (data, _, done) => {
      ends[1 - side]?.push(data);
      done();
    };
    return new Duplex({ read() {}, write });
  });
  const [near, far] = ends as [Duplex, Duplex];
  server.emit("connection", near);
  // As a socket of the system's, its data comes in the turn in which it was written.
  near.resume();
  return far;
}
