"use client";

import { useState } from "react";

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

const DECLARATIONS = [".devcontainer/devcontainer.json", ".devcontainer.json"];

/** The same for files that are handed out, which may say how their app starts. */
export function HandOutField({ label, error }: { label: string; error?: string | undefined }) {
  const [app, setApp] = useState<boolean | undefined>();
  const look = async (file: File | undefined) => {
    setApp(file === undefined || file.size > ZIP_BYTES_MAX ? undefined : await namesOneOf(file, DECLARATIONS));
  };
  return (
    <div onChange={({ target }) => void look((target as HTMLInputElement).files?.[0]).catch(() => undefined)}>
      <ZipField label={label} error={error} />
      <p role="status" className="mt-1.5 text-sm text-muted">
        {app === true && "It has a devcontainer.json: the app that it declares starts by itself next to the editor."}
        {app === false &&
          "It declares no app. Add a devcontainer.json, as the instructor guide shows, and one starts by itself."}
      </p>
    </div>
  );
}

/** A zip has the names of its files as they are, also where it is packed. */
async function namesOneOf(zip: File, names: string[]): Promise<boolean> {
  const text = new TextDecoder("latin1").decode(await zip.arrayBuffer());
  return names.some((name) => text.includes(name));
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
