// How the package refuses a call: by the code of its error, or by the message of an argument error.
import { SocketInfoError } from "sockinfo";
import { expect } from "vitest";

/** The code of the SocketInfoError that the call throws; `undefined` if it returns. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SocketInfoError);
    return (error as SocketInfoError).code;
  }
}

/** The message of ERR_SOCKINFO_INVALID_ARGUMENT; `undefined` if the call succeeds or fails with another code. */
export async function argumentErrorOf(call: () => unknown): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SocketInfoError);
    const { code, message } = error as SocketInfoError;
    return code === "ERR_SOCKINFO_INVALID_ARGUMENT" ? message : undefined;
  }
}
