"use client";

import { Field } from "@/components/field";
import { base64 } from "@/lib/base64";

export const ZIP_BYTES_MAX = 4_000_000;

/** A labeled choice of a zip file. */
export function ZipField({
  label,
  hint = "The folder with the files, as a zip of at most 4 MB. If the zip holds a single folder, its contents count.",
  required = true,
  error,
}: {
  label: string;
  hint?: string;
  required?: boolean;
  error?: string | undefined;
}) {
  return (
    <Field
      label={label}
      name="file"
      type="file"
      accept=".zip,application/zip"
      required={required}
      className="py-2 file:mr-3 file:rounded-md file:border-0 file:bg-sunken file:px-3 file:py-1.5 file:text-sm file:text-ink"
      hint={hint}
      error={error}
    />
  );
}

/** Whether one was chosen. */
export function hasZip(form: HTMLFormElement): boolean {
  return pickedIn(form) !== undefined;
}

function pickedIn(form: HTMLFormElement): File | undefined {
  const input = form.elements.namedItem("file");
  return input instanceof HTMLInputElement ? input.files?.[0] : undefined;
}

/** The chosen zip in Base64, or why it cannot be sent. */
export async function readZip(form: HTMLFormElement): Promise<{ file: string } | { problem: string }> {
  const picked = pickedIn(form);
  if (picked === undefined) return { problem: "Choose a zip file." };
  if (picked.size > ZIP_BYTES_MAX) {
    const size = (picked.size / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
    return { problem: `${picked.name} has ${size} MB. The limit is 4 MB.` };
  }
  try {
    return { file: base64(new Uint8Array(await picked.arrayBuffer())) };
  } catch {
    return { problem: `${picked.name} could not be read. Check that the file still exists, then choose it again.` };
  }
}
