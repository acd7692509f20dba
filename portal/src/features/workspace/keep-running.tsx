"use client";

import { ChevronDownIcon, ClockIcon } from "lucide-react";

import { buttonClass } from "@/components/button";
import { Spinner } from "@/components/icons";
import { Menu } from "@/components/menu";
import { duration } from "@/lib/time";

interface KeepRunningProps {
  hours: readonly number[];
  keptUntil: string | null;
  busy: boolean;
  prominent?: boolean;
  onKeep: (hours: number) => void;
}

/** Keeps the workspace running for some hours, and ends that. */
export function KeepRunning({ hours, keptUntil, busy, prominent = false, onKeep }: KeepRunningProps) {
  if (hours.length === 0 && keptUntil === null) return null;
  return (
    <Menu
      align="left"
      busy={busy}
      button={
        <>
          {busy ? <Spinner className="size-4" /> : <ClockIcon className="size-4" />}
          {keptUntil === null ? "Keep running" : `Keeps running until ${keptUntil}`}
          <ChevronDownIcon className="size-4" />
        </>
      }
      buttonClassName={`${buttonClass(prominent ? "primary" : "secondary")} w-full sm:w-auto`}
      entries={[
        ...hours.map((count) => ({ label: `For ${duration(count * 3600)}`, onSelect: () => onKeep(count) })),
        ...(keptUntil === null
          ? []
          : [{ label: "Stop when idle again", hint: "Ends “Keep running”", onSelect: () => onKeep(0) }]),
      ]}
    />
  );
}
