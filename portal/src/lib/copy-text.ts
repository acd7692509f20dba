/** Resolves to whether the browser allowed it; where it does not, the text on the page is there to be copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not allowed, or not a secure context.
    return false;
  }
}
