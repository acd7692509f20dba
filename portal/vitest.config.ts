import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": `${import.meta.dirname}/src` } },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
