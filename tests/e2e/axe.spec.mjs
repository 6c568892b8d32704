// Every screen and each of its faces, light and dark: no rule of axe is broken.
import AxeBuilder from "@axe-core/playwright";
import { openPanel, panel } from "./shop.mjs";
import { paint, tour } from "./tour.mjs";
import { expect, test as base } from "./watch.mjs";

const test = base.extend({
  // The tour passes by faces of failure.
  excused: async ({}, use) => use([/^console: Failed to load resource/]),
});

const violations = async (page) => {
  const report = await new AxeBuilder({ page }).analyze();
  return report.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(" ")}: ${failureSummary}`));
};

test("no screen breaks a rule, light or dark", async ({ page }) => {
  test.setTimeout(300_000);
  const found = [];
  await tour(page, "en", async (name) => {
    for (const scheme of ["light", "dark"]) {
      await paint(page, scheme);
      found.push(...(await violations(page)).map((what) => `${name}, ${scheme}: ${what}`));
    }
  });
  expect(found).toEqual([]);
});

test("a rule that is broken inside the panel is found", async ({ page }) => {
  await page.goto("/");
  await openPanel(page);
  await panel(page).evaluate((dialog) => {
    const button = document.createElement("button");
    const text = document.createElement("p");
    text.textContent = "planted";
    text.style.color = "#aaa";
    dialog.querySelector(".body").append(button, text);
  });
  const found = await violations(page);
  expect(found.map((what) => what.split(" ")[0]).sort()).toEqual(["button-name", "color-contrast"]);
});
