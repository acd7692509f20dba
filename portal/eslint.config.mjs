import next from "eslint-config-next/core-web-vitals";
import nextTypescript from "eslint-config-next/typescript";
import jsxA11y from "eslint-plugin-jsx-a11y";
import tseslint from "typescript-eslint";

const layers = (from, forbidden, reason) => ({
  files: [from],
  rules: {
    "no-restricted-imports": ["error", { patterns: [{ group: forbidden, message: reason }] }],
  },
});

const config = [
  { ignores: [".next/**", "src/lib/api/schema.gen.ts", "next-env.d.ts"] },
  ...next,
  ...nextTypescript,
  // eslint-config-next registers the plugin itself; only the stricter rule set is added.
  { rules: jsxA11y.flatConfigs.recommended.rules },
  ...tseslint.configs.strictTypeChecked.map((entry) => ({ ...entry, files: ["src/**/*.ts", "src/**/*.tsx"] })),
  {
    files: ["src/**/*.ts", "src/**/*.tsx"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  // app → features → {components, lib}: imports point one way.
  layers("src/lib/**", ["@/app/*", "@/features/*", "@/components/*"], "lib stands below everything else"),
  layers("src/components/**", ["@/app/*", "@/features/*"], "components know no feature"),
  layers("src/features/**", ["@/app/*"], "features know no page"),
];

export default config;
