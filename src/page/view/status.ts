// Which server the page shows, and whether the numbers are live, in the header. The words change seldom, because a screen reader says each change.
import type { PageFrame, PageServer } from "../protocol";
import { timeOfDay } from "./columns";
import { byId, setClass, setText, textNode } from "./dom";
import type { StreamState } from "./stream";

export class Status {
  readonly #word = textNode("Connecting");
  readonly #heading = textNode("Connections");
  /** Changes each second, so it is not part of what is said. */
  readonly #time = textNode();
  #state: StreamState = { state: "connecting" };
  #isPaused = false;
  #takenAt: string | undefined;
  #title = "Connections";

  constructor() {
    byId("title").replaceChildren(this.#heading);
    byId("status").replaceChildren(this.#word);
    byId("taken").append(this.#time);
    setInterval(() => this.#drawTime(), 1000);
  }

  showStream(state: StreamState): void {
    // The first frame after a change of the question takes a moment. That is no news.
    if (state.state === "connecting" && this.#state.state === "live") return;
    this.#state = state;
    this.#draw();
  }

  showPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#draw();
  }

  showFrame({ takenAt, server }: Pick<PageFrame, "takenAt" | "server">): void {
    this.#takenAt = takenAt;
    this.#title = titleOf(server);
    setText(this.#heading, this.#title);
    this.#drawTitle();
    this.#drawTime();
  }

  #draw(): void {
    const { state } = this.#state;
    const looks = { connecting: "waiting", live: this.#isPaused ? "paused" : "live", broken: "broken" } as const;
    const text = { connecting: "Connecting", live: this.#isPaused ? "Paused" : "Live", broken: "" }[state];
    setText(this.#word, this.#state.state === "broken" ? this.#state.reason : text);
    setClass(byId("status"), `status ${looks[state]}`);
    document.body.classList.toggle("stale", state === "broken");
    this.#drawTitle();
    this.#drawTime();
  }

  #drawTitle(): void {
    const title = this.#state.state === "broken" ? `Not live: ${this.#title}` : this.#title;
    if (document.title !== title) document.title = title;
  }

  #drawTime(): void {
    const taken = this.#takenAt === undefined ? "" : timeOfDay(this.#takenAt);
    if (this.#state.state !== "broken") return setText(this.#time, taken);
    const seconds = Math.max(0, Math.ceil((this.#state.retryAt - Date.now()) / 1000));
    const last = taken === "" ? "" : `The numbers are of ${taken}. `;
    setText(this.#time, `${last}${seconds > 0 ? `Next try in ${seconds} s` : "Trying again"}`);
  }
}

/** "Connections of web1:80, :443, process 123". */
export function titleOf({ hostname, pid, ports }: PageServer): string {
  return `Connections of ${hostname}${ports.map((port) => `:${port}`).join(", ")}, process ${pid}`;
}
