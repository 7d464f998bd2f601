import js from "@eslint/js";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["build/", "dist/", "node_modules/", "tools/", "src/gen/"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...ts.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "max-len": ["error", { code: 100, ignoreUrls: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-floating-promises": ["error", {
        allowForKnownSafeCalls: [
          { from: "package", package: "node:test", name: ["describe", "test"] }],
      }],
      "@typescript-eslint/restrict-template-expressions": [
        "error", { allowNumber: true, allow: [{ name: "BigInt", from: "lib" }] }],
    },
  },
  { files: ["*.mjs"], extends: [ts.configs.disableTypeChecked] },
);
