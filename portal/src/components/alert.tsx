import { InfoIcon, TriangleAlertIcon } from "lucide-react";
import type { ReactNode } from "react";

const TONES = {
  info: "bg-accent-soft text-ink border-accent/30",
  good: "bg-good-soft text-ink border-good/30",
  warn: "bg-warn-soft text-ink border-warn/40",
  bad: "bg-bad-soft text-ink border-bad/40",
};
const ICON_TONES = { info: "text-accent", good: "text-good", warn: "text-warn", bad: "text-bad" };

interface AlertProps {
  tone: keyof typeof TONES;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Screen readers announce it at once. For results of what the person just did. */
  urgent?: boolean;
}

export function Alert({ tone, title, children, action, urgent = false }: AlertProps) {
  const Picture = tone === "warn" || tone === "bad" ? TriangleAlertIcon : InfoIcon;
  return (
    <div
      role={urgent ? "alert" : "status"}
      className={`flex flex-wrap items-center gap-x-3 gap-y-3 rounded-xl border px-4 py-3 text-sm ${TONES[tone]}`}
    >
      <div className="flex min-w-0 flex-1 basis-64 gap-3">
        <Picture className={`mt-px size-5 shrink-0 ${ICON_TONES[tone]}`} />
        <div className="min-w-0 wrap-anywhere">
          {title !== undefined && <p className="font-semibold">{title}</p>}
          {children !== undefined && <div className="text-pretty">{children}</div>}
        </div>
      </div>
      {action !== undefined && <div className="shrink-0 max-sm:w-full max-sm:[&>*]:w-full">{action}</div>}
    </div>
  );
}
