// Why the kernel answers no question about sockets.
import { getSystemErrorName } from "node:util";
import { Failure, loadAddon, type NativeBinding } from "../core";

/** The native module of Linux, or why there is none. */
export function loadSockDiag(): NativeBinding | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure || binding.platform === "linux") return binding;
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "only Linux has sock_diag");
}

/** `errno` is negative. `modules` are those that answer the question. */
export function whyNoAnswer(errno: number, modules = "inet_diag or tcp_diag"): Failure {
  const name = getSystemErrorName(errno);
  const call = { errno, syscall: "sock_diag" };
  switch (name) {
    // systemd's RestrictAddressFamilies without AF_NETLINK.
    case "EAFNOSUPPORT":
      return Failure.of("ERR_SOCKINFO_SYSTEM_CALL_DENIED", `sock_diag ${name}`, call);
    case "EPROTONOSUPPORT":
      return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", `it lacks sock_diag, ${modules}`, call);
    // The kernel had no memory for its answer, or no place for it in the queue.
    case "ENOBUFS":
      return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", `sock_diag ${name}`, call);
  }
  return Failure.ofRead(errno, "sock_diag");
}
