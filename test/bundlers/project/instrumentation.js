// Next.js runs this when a server starts.
export async function register() {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { isSupported } = await import("sockinfo");
  const { enableCurrentSocket } = await import("sockinfo/connections");
  enableCurrentSocket();
  console.log(`INSTRUMENTATION ${isSupported()}`);
}
