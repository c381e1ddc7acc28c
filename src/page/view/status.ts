// Whether the numbers are live, in the header. The words change seldom, because a screen reader says each change.
import { timeOfDay } from "./columns";
import { byId, setClass, setText, textNode } from "./dom";
import type { StreamState } from "./stream";

const TITLE = "Connections";

export class Status {
  readonly #word = textNode("Connecting");
  /** Changes each second, so it is not part of what is said. */
  readonly #time = textNode();
  #state: StreamState = { state: "connecting" };
  #isPaused = false;
  #takenAt: string | undefined;

  constructor() {
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

  showFrame(takenAt: string): void {
    this.#takenAt = takenAt;
    this.#drawTime();
  }

  #draw(): void {
    const { state } = this.#state;
    const looks = { connecting: "waiting", live: this.#isPaused ? "paused" : "live", broken: "broken" } as const;
    const text = { connecting: "Connecting", live: this.#isPaused ? "Paused" : "Live", broken: "" }[state];
    setText(this.#word, this.#state.state === "broken" ? this.#state.reason : text);
    setClass(byId("status"), `status ${looks[state]}`);
    document.body.classList.toggle("stale", state === "broken");
    document.title = state === "broken" ? `Not live: ${TITLE}` : TITLE;
    this.#drawTime();
  }

  #drawTime(): void {
    const taken = this.#takenAt === undefined ? "" : timeOfDay(this.#takenAt);
    if (this.#state.state !== "broken") return setText(this.#time, taken);
    const seconds = Math.max(0, Math.ceil((this.#state.retryAt - Date.now()) / 1000));
    const last = taken === "" ? "" : `The numbers are of ${taken}. `;
    setText(this.#time, `${last}${seconds > 0 ? `Next try in ${seconds} s` : "Trying again"}`);
  }
}
