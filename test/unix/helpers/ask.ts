// One connection to a Unix socket.
import { connect } from "node:net";

/** Everything that the server sends, or the code of the error. */
export function ask(path: string): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    connect({ path })
      .setEncoding("utf8")
      .on("data", (text: string) => void (said += text))
      .on("end", () => resolve(said))
      .on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
