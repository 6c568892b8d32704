// What a screen reader is given: the tree of each screen, with names, states and values. Figures
// that depend on the day are patterns. After a change that is meant: `--update-snapshots`, and read
// the difference.
import { tour } from "./tour.mjs";
import { expect, test as base } from "./watch.mjs";

const test = base.extend({
  // The tour passes by faces of failure.
  excused: async ({}, use) => use([/^console: Failed to load resource/]),
});

test("each screen reads as it should", async ({ page }) => {
  test.setTimeout(180_000);
  await tour(page, "en", async (name, scope) => {
    await expect.soft(scope, name).toMatchAriaSnapshot({ name: `${name}.aria.yml`, timeout: 3000 });
  }, true);
});
