// How long a frame takes, layout included, as entries of the browser's performance timeline.
const FIRST = "sockinfo first picture";
const FRAME = "sockinfo frame";
let isFirst = true;

export function measureFrame(draw: () => void): void {
  const start = performance.now();
  draw();
  // The browser would compute the layout right after this. Reading a size makes it part of the measure.
  document.body.getBoundingClientRect();
  // Only the last entry is kept: the page may be open for days.
  performance.clearMeasures(FRAME);
  performance.measure(FRAME, { start, end: performance.now() });
  if (isFirst) performance.measure(FIRST, { start: 0, end: performance.now() });
  isFirst = false;
}
