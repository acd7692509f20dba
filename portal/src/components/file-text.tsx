import { LoadFailure } from "./failure";
import { Skeleton } from "./panel";

/** A file that somebody wrote, as plain text: nothing of it is rendered or run. */

const BLOCK =
  "max-h-[50vh] overflow-auto rounded-lg border border-line bg-sunken p-3 font-mono text-xs whitespace-pre text-ink";

export function Plain({ text, label = "Content of the file" }: { text: string | null; label?: string }) {
  if (text === null) return <p className="text-sm text-muted">This is no text, so it cannot be shown. Download it.</p>;
  if (text === "") return <p className="text-sm text-muted">The file is empty.</p>;
  return (
    // Scrolled by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre tabIndex={0} role="region" aria-label={label} className={BLOCK}>
      {text}
    </pre>
  );
}

/** A file of nothing but line breaks has 200,000 lines: a browser has no element for each. */
const NUMBERED_LINES_MAX = 5_000;

/** With line numbers, which a copy of the text does not have; very many lines have none. */
export function Numbered({ text, label }: { text: string; label: string }) {
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  if (lines.length > NUMBERED_LINES_MAX) return <Plain text={text} label={label} />;
  return (
    // Scrolled by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre tabIndex={0} role="region" aria-label={label} className={`${BLOCK} [counter-reset:line]`}>
      {lines.map((line, index) => (
        // A line that changes is another text at the same number.
        <span
          key={index}
          className="block min-h-[1lh] before:mr-4 before:inline-block before:min-w-[4ch] before:text-right before:text-muted before:content-[counter(line)] before:select-none before:[counter-increment:line]"
        >
          {line}
        </span>
      ))}
    </pre>
  );
}

const TONES: Record<string, string> = { "+": "bg-good-soft", "-": "bg-bad-soft", "…": "text-muted" };
const SPOKEN: Record<string, string> = { "+": "added: ", "-": "removed: " };

export function Difference({ lines, label }: { lines: { kind: string; text: string }[]; label: string }) {
  return (
    // Scrolled by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="region" aria-label={label} className={BLOCK}>
      {lines.map(({ kind, text }, index) => (
        // A difference never changes, so a line keeps its number.
        <div key={index} className={TONES[kind]}>
          <span aria-hidden="true">{kind} </span>
          <span className="sr-only">{SPOKEN[kind]}</span>
          {text}
        </div>
      ))}
    </div>
  );
}

interface WaitingProps {
  query: { isFetching: boolean; refetch: () => Promise<unknown>; error: Error | null };
  title: string;
}

/** For as long as something is loaded, or cannot be. */
export function Waiting({ query, title }: WaitingProps) {
  if (query.error !== null) return <LoadFailure query={query} error={query.error} title={title} />;
  return (
    <div role="status">
      <span className="sr-only">Loading</span>
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
