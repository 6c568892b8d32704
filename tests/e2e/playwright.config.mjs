// The widget in the demo shop, in a real browser, across two origins. The demo is started the way a
// newcomer starts it, on ports and data of its own.
import { defineConfig } from "@playwright/test";

const api = process.env.HABITUE_E2E_API ?? "4630";
const shop = process.env.HABITUE_E2E_SHOP ?? "4640";

export default defineConfig({
  testDir: ".",
  outputDir: "../../target/e2e/results",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${shop}`,
    browserName: "chromium",
    locale: "en-US",
    permissions: ["local-network-access"],
    timezoneId: "Europe/Paris",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.HABITUE_CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  // The phone has a finger; both walk the whole story, each with a customer of its own. What does
  // not depend on the width is done once.
  projects: [
    {
      name: "phone",
      testMatch: /(story|instruments|axe|newsletter)\.spec\.mjs/,
      use: { viewport: { width: 390, height: 844 }, hasTouch: true },
    },
    { name: "desktop", use: { viewport: { width: 1280, height: 800 } } },
  ],
  webServer: {
    command:
      `cargo xtask demo --dir target/e2e --port-api ${api} --port-shop ${shop} --reset --no-browser`,
    cwd: "../..",
    url: `http://127.0.0.1:${shop}/`,
    // For working on the specs: a demo that runs already.
    reuseExistingServer: Boolean(process.env.HABITUE_E2E_REUSE),
    timeout: 30 * 60_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
    stdout: "pipe",
    // Every answered request a line would bury what the tests say.
    env: { RUST_LOG: "warn,habitue_server::cli=info" },
  },
});
