// A picture of every screen, light and dark, where `HABITUE_SHOTS` says.
import { mkdirSync, writeFileSync } from "node:fs";
import { paint, tour } from "./tour.mjs";
import { test } from "@playwright/test";

const { HABITUE_SHOTS: folder, HABITUE_SHOTS_ONLY: only = "" } = process.env;

test("every screen", async ({ page, context }, { project }) => {
  test.setTimeout(600_000);
  mkdirSync(folder, { recursive: true });
  const { lang } = project.metadata;
  const { width } = page.viewportSize();
  // Playwright's own pictures are PNG or JPEG; these are half as large.
  const browser = await context.newCDPSession(page);
  await tour(page, lang, async (name) => {
    if (!name.startsWith(only)) return;
    for (const scheme of ["dark", "light"]) {
      await paint(page, scheme);
      const shot = { format: "webp", quality: 70 };
      const { data } = await browser.send("Page.captureScreenshot", shot);
      writeFileSync(`${folder}/${name}-${width}-${lang}-${scheme}.webp`, data, "base64");
    }
  });
});
