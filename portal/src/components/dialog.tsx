"use client";

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface DialogProps {
  title: string;
  /** As wide as the screen allows, for what is read from far away. */
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A modal dialog for as long as it is mounted. The browser's own <dialog> keeps the focus inside,
 * makes the rest of the page inert, closes on Escape and returns the focus.
 */
export function Dialog({ title, wide = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // A layout effect is cleaned up while the element is still in the page; closing it later would
  // not return the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // A click on the backdrop is a convenience in addition to Escape and the buttons inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
      className={`${wide ? "w-[min(60rem,calc(100vw-2rem))]" : "w-[min(28rem,calc(100vw-2rem))]"} rounded-2xl border border-line bg-raised p-0 shadow-2xl`}
    >
      <div className="p-6">
        <h2 id={titleId} className="text-lg font-semibold text-balance wrap-anywhere">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

export function DialogText({ children }: { children: ReactNode }) {
  return <p className="mt-2 text-sm text-pretty wrap-anywhere text-muted">{children}</p>;
}

/** The row of buttons at the end of a dialog; the safe one comes first in reading order. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className="mt-6 flex flex-wrap justify-end gap-3 max-sm:flex-col max-sm:items-stretch">{children}</div>;
}
