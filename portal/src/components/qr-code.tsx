import { encode } from "uqr";

/** One path, black on white in both themes: scanners need dark on light and an empty border. */
export function QrCode({ text, label, className }: { text: string; label: string; className: string }) {
  const { data, size } = encode(text, { border: 3 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      className={`rounded-xl border border-line bg-white ${className}`}
    >
      <path d={path} fill="#000" />
    </svg>
  );
}
