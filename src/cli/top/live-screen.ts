// The live screen: joins source, view and terminal.
import type { ExitCode, Io } from "../command";
import type { TopFrame } from "./frame";
import { History } from "./history";
import { actionOf } from "./keys";
import { stylesOf } from "./paint";
import { type Look, rowsOfTable, screenLines, type Surface } from "./screen";
import type { Question } from "./socket-rows";
import type { TopSource } from "./source";
import { Terminal } from "./terminal";
import { charsetOf } from "./text";
import { applyAction, keepInList, typeKey, type View } from "./view";

/** Runs until the user quits. Rejects if the source fails. */
export async function runLiveScreen(source: TopSource, title: string, view: View, io: Io): Promise<ExitCode> {
  return new Promise((resolve, reject) => new LiveScreen(source, title, view, io, resolve, reject).start());
}

class LiveScreen {
  readonly #source: TopSource;
  readonly #title: string;
  readonly #terminal: Terminal;
  readonly #history = new History();
  readonly #env: NodeJS.ProcessEnv;
  readonly #resolve: (code: ExitCode) => void;
  readonly #reject: (error: Error) => void;
  #view: View;
  #frame: TopFrame | undefined;

  constructor(
    source: TopSource,
    title: string,
    view: View,
    { stdin, stdout, env }: Io,
    resolve: (code: ExitCode) => void,
    reject: (error: Error) => void,
  ) {
    this.#source = source;
    this.#title = title;
    this.#view = view;
    this.#env = env;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#terminal = new Terminal(stdin, stdout, {
      onKey: (key) => this.#onKey(key),
      onRedraw: () => this.#draw(),
      onGone: () => this.#source.close(),
    });
  }

  start(): void {
    this.#terminal.open();
    this.#draw();
    this.#source.start(
      {
        onLook: () => this.#onLook(),
        onFailure: (error) => {
          this.#close();
          this.#reject(error);
        },
      },
      this.#question(),
    );
  }

  #end(): void {
    this.#close();
    this.#resolve(0);
  }

  #close(): void {
    this.#source.close();
    this.#terminal.close();
  }

  #onLook(): void {
    const takenAt = this.#frame?.takenAt;
    this.#draw();
    // A page's source also calls for a note.
    if (this.#frame === undefined || this.#frame.takenAt === takenAt) return;
    this.#history.add(this.#frame);
    this.#draw();
  }

  #onKey(key: string): void {
    const action = actionOf(key);
    const isTyping = this.#view.draft !== undefined;
    switch (action?.does) {
      case "interrupt":
        this.#source.close();
        this.#terminal.end("SIGINT");
        return;
      case "suspend":
        this.#terminal.suspend();
        return;
      case "redraw":
        this.#terminal.redraw();
        return;
      case "quit":
        if (isTyping) break;
        this.#end();
        return;
    }
    if (isTyping) this.#view = typeKey(this.#view, key);
    else if (action !== undefined) this.#view = applyAction(this.#view, action, this.#rowsShown(), this.#source.orders);
    this.#source.pause(this.#view.isPaused);
    this.#draw();
  }

  #draw(): void {
    this.#frame = this.#source.frame(this.#question());
    const view = keepInList(this.#view, this.#frame?.matching ?? 0, this.#rowsShown());
    if (view !== this.#view) {
      this.#view = view;
      this.#frame = this.#source.frame(this.#question());
    }
    this.#terminal.draw(screenLines(this.#look(), this.#view, this.#surface()));
  }

  #question(): Question {
    const { order, isDescending, filter, first } = this.#view;
    return { order, isDescending, filter, first, count: Math.max(1, this.#rowsShown()) };
  }

  #rowsShown(): number {
    return rowsOfTable(this.#look(), this.#surface());
  }

  #look(): Look {
    const clock = new Date().toTimeString().slice(0, 8);
    const { isPage, orders } = this.#source;
    return { title: this.#title, isPage, orders, frame: this.#frame, history: this.#history, clock };
  }

  #surface(): Surface {
    const { columns, rows } = this.#terminal;
    return { columns, rows, charset: charsetOf(this.#env), styles: stylesOf(this.#env) };
  }
}
