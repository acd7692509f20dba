import type { ReactNode } from "react";

/** Small line drawings. They are decoration; the text next to them says the same. */
function Icon({ children, className = "size-5" }: { children: ReactNode; className?: string | undefined }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={className}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

interface IconProps {
  className?: string;
}

export const CheckIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const ChevronDownIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="m6 9 6 6 6-6" />
  </Icon>
);
export const MoreIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="5" cy="12" r="1" fill="currentColor" />
    <circle cx="12" cy="12" r="1" fill="currentColor" />
    <circle cx="19" cy="12" r="1" fill="currentColor" />
  </Icon>
);
export const ExternalIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M14 4h6v6M20 4l-9 9M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4" />
  </Icon>
);
export const PlayIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M7 5.5v13l11-6.5z" fill="currentColor" />
  </Icon>
);
export const StopIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <rect x="6.5" y="6.5" width="11" height="11" rx="1.5" />
  </Icon>
);
export const ClockIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.5V12l3 2" />
  </Icon>
);
export const ActivityIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M3.5 12h4l2.5-6 4 12 2.5-6h4" />
  </Icon>
);
export const WarningIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M12 4 2.8 19.5h18.4zM12 10v4M12 16.8v.2" />
  </Icon>
);
export const InfoIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 11v5M12 8v.2" />
  </Icon>
);
export const CodeIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="m8.5 7-5 5 5 5M15.5 7l5 5-5 5" />
  </Icon>
);
export const TerminalIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <rect x="3" y="4.5" width="18" height="15" rx="2.5" />
    <path d="m7 9.5 3 2.5-3 2.5M12.5 15h4" />
  </Icon>
);
export const FolderIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M3.5 7.5a2 2 0 0 1 2-2h3.600l2.400 2.5h7a2 2 0 0 1 2 2v6.5a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2z" />
  </Icon>
);
export const BasketIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M3.5 10h17l-1.800 8.200a2 2 0 0 1-2 1.600H7.300a2 2 0 0 1-2-1.600zM8 10l3-5.5M16 10l-3-5.5M9.5 13.5v3M14.5 13.5v3" />
  </Icon>
);
export const QueryIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m15.5 15.5 5 5M8 12.5v-1.5M10.5 12.5v-4M13 12.5v-2.5" />
  </Icon>
);
export const UploadIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M12 15.5v-11M7.5 8.5 12 4l4.5 4.5M4 15.5v2.5a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-2.5" />
  </Icon>
);
export const BookmarkIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M6.5 6a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v14l-5.5-4-5.5 4zM9.5 9.5l1.800 1.800 3.200-3.300" />
  </Icon>
);
export const CalendarIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <rect x="4" y="5.5" width="16" height="14.500" rx="2" />
    <path d="M4 10h16M8.500 3.500v4M15.500 3.500v4" />
  </Icon>
);
export const PeopleIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="9" cy="8.500" r="3.500" />
    <path d="M2.500 19.500c.6-3.700 3-5.500 6.500-5.500s5.900 1.800 6.500 5.500M15.500 5.300a3.500 3.500 0 0 1 0 6.400M18 14.600c2 .8 3.200 2.400 3.500 4.900" />
  </Icon>
);
export const SunIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <circle cx="12" cy="12" r="3.5" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4" />
  </Icon>
);
export const MoonIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z" />
  </Icon>
);
export const ScreenIcon = ({ className }: IconProps) => (
  <Icon className={className}>
    <rect x="3.5" y="5" width="17" height="11" rx="1.5" />
    <path d="M9 20h6M12 16v4" />
  </Icon>
);

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
