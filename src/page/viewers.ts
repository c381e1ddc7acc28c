// All viewers of a page. While there is one, a timer looks at the connections once a second. Viewers with the same
// question share its frame.
import { type ConnectionTracker } from "../connections";
import type { ClosedConnections } from "./closed-connections";
import { type Frame, makeFrame } from "./frame";
import { type Look, takeLook } from "./look";
import { INTERVAL_MS, type PageQuestion } from "./protocol";
import type { RemoteText } from "./row";
import type { Viewer } from "./viewer";
import { WatchedConnection } from "./watched-connection";

const MOST_VIEWERS = 100;
const MOST_QUESTIONS = 16;
/** A look that is younger is shown to new viewers, too. Timers may come a little early. */
const FRESH_MS = INTERVAL_MS * 0.9;

interface Group {
  readonly question: PageQuestion;
  readonly viewers: Set<Viewer>;
  /** The number of the look that `frame` is of. */
  look: number;
  frame: Frame | undefined;
}

export class Viewers {
  readonly #tracker: ConnectionTracker<unknown>;
  readonly #closed: ClosedConnections;
  readonly #remoteText: RemoteText;
  readonly #groups = new Map<string, Group>();
  /** By the connection's id. */
  readonly #watched = new Map<number, WatchedConnection>();
  #count = 0;
  #look: Look | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  #isAsked = false;

  constructor(tracker: ConnectionTracker<unknown>, closed: ClosedConnections, remoteText: RemoteText) {
    this.#tracker = tracker;
    this.#closed = closed;
    this.#remoteText = remoteText;
  }

  hasRoomFor(question: PageQuestion): boolean {
    return this.#count < MOST_VIEWERS && (this.#groups.size < MOST_QUESTIONS || this.#groups.has(keyOf(question)));
  }

  add(viewer: Viewer): void {
    const key = keyOf(viewer.question);
    const group = this.#groups.get(key) ?? { question: viewer.question, viewers: new Set(), look: 0, frame: undefined };
    this.#groups.set(key, group);
    group.viewers.add(viewer);
    this.#count++;
    viewer.begin(() => this.#remove(key, group, viewer));
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL_MS).unref();
    void this.#run();
  }

  /** Ends all streams. */
  close(): void {
    for (const viewer of this.#all()) viewer.end();
    this.#stop();
  }

  #remove(key: string, group: Group, viewer: Viewer): void {
    if (!group.viewers.delete(viewer)) return;
    this.#count--;
    if (group.viewers.size === 0) this.#groups.delete(key);
    this.#unwatch();
    if (this.#count === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#look = undefined;
    for (const watched of this.#watched.values()) watched.stop();
    this.#watched.clear();
  }

  #tick(): void {
    for (const viewer of this.#all()) viewer.check();
    void this.#run();
  }

  #all(): Viewer[] {
    return [...this.#groups.values()].flatMap(({ viewers }) => [...viewers]);
  }

  /** Calls during the work make it run once more. */
  async #run(): Promise<void> {
    this.#isAsked = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#isAsked) {
        this.#isAsked = false;
        await this.#showAll();
      }
    } catch (error) {
      // A page must not end the server that it shows.
      process.emitWarning(`The connections page failed, and its streams ended: ${String(error)}`, "SocketInfoWarning");
      this.close();
    } finally {
      this.#isBusy = false;
    }
  }

  async #showAll(): Promise<void> {
    const before = this.#look;
    if (before === undefined || performance.now() - before.beganMs > FRESH_MS) {
      const look = await takeLook(this.#tracker, this.#closed, before);
      // All viewers may have gone meanwhile.
      if (this.#timer === undefined) return;
      this.#look = look;
    }
    for (const group of this.#groups.values()) await this.#show(group);
  }

  async #show(group: Group): Promise<void> {
    const look = this.#look;
    const isWaiting = (viewer: Viewer): boolean => viewer.isReady && viewer.lookSeen < (look?.number ?? 0);
    if (look === undefined || ![...group.viewers].some(isWaiting)) return;
    if (group.look !== look.number) {
      const watched = this.#watch(look, group.question.connection);
      group.frame = await makeFrame(look, group.question, this.#closed, watched, this.#remoteText);
      group.look = look.number;
    }
    for (const viewer of group.viewers) {
      if (!isWaiting(viewer)) continue;
      viewer.send((group.frame as Frame).textFor(viewer));
      viewer.lookSeen = look.number;
      viewer.closedSeen = this.#closed.newest;
    }
  }

  /** Begins to watch a connection, unless it is watched already. `undefined` if it is not live. */
  #watch({ byId }: Look, id: number | null): WatchedConnection | undefined {
    if (id === null) return undefined;
    const connection = byId.get(id)?.connection;
    if (connection === undefined || connection.state === "closed") {
      // Otherwise its socket would stay in memory.
      this.#watched.get(id)?.stop();
      this.#watched.delete(id);
      return undefined;
    }
    const watched = this.#watched.get(id) ?? new WatchedConnection(connection);
    this.#watched.set(id, watched);
    return watched;
  }

  /** Ends what no question asks for any more. */
  #unwatch(): void {
    const wanted = new Set([...this.#groups.values()].map(({ question }) => question.connection));
    for (const [id, watched] of this.#watched) {
      if (wanted.has(id)) continue;
      watched.stop();
      this.#watched.delete(id);
    }
  }
}

function keyOf({ order, descending, state, limit, connection }: PageQuestion): string {
  return [order, descending, state, limit, connection].join(" ");
}
