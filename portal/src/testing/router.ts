import { vi } from "vitest";

/** Next's router in tests; setup.ts resets it after each test. */
export const router = { push: vi.fn(), replace: vi.fn() };
