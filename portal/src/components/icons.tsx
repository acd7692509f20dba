interface IconProps {
  className?: string;
}

export function Spinner({ className = "size-5" }: IconProps) {
  return (
    <svg viewBox="0 0 24 24" className={`animate-spin ${className}`} fill="none" aria-hidden="true">
      <circle cx="12" cy="12" r="9" stroke="currentColor" strokeWidth="2.5" opacity="0.25" />
      <path d="M21 12a9 9 0 0 0-9-9" stroke="currentColor" strokeWidth="2.5" strokeLinecap="round" />
    </svg>
  );
}

/** The mark of ApraNova: a new star. */
export function Mark({ className = "size-7" }: IconProps) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true">
      <rect width="32" height="32" rx="9" className="fill-accent" />
      <path
        d="M16 5.5c.9 6.3 3.3 9.2 10.5 10.5C19.3 17.300 16.900 20.200 16 26.500 15.100 20.200 12.700 17.300 5.500 16 12.700 14.700 15.100 11.800 16 5.500z"
        className="fill-accent-ink"
      />
    </svg>
  );
}
