// The page in the browser. Shows the frames of the event stream.
import type { PageFrame } from "../protocol";

new EventSource("events").addEventListener("frame", ({ data }: MessageEvent<string>) => {
  const { rows }: PageFrame = JSON.parse(data);
  document.body.textContent = `${rows.length} connections`;
});
