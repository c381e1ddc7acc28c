// A connection in memory.
import { Duplex } from "node:stream";

/** Two streams. What is written to one can be read from the other at once. (Node 22 has `duplexPair` for this.) */
export function makePair(): [Duplex, Duplex] {
  const pair: Duplex[] = [0, 1].map(
    (side) =>
      new Duplex({
        read() {},
        write(chunk, _, done) {
          pair[1 - side]?.push(chunk);
          done();
        },
        final(done) {
          pair[1 - side]?.push(null);
          done();
        },
        destroy(error, done) {
          const other = pair[1 - side];
          if (other && !other.readableEnded && !other.destroyed) other.push(null);
          done(error);
        },
      }),
  );
  return pair as [Duplex, Duplex];
}
