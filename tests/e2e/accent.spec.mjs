// Whatever colour a shop picks, everything of ours can be read on it: 200 colours, each on every
// screen, light and dark, measured from what Chromium computed (WCAG 1.4.3 and 1.4.11).
import { measure } from "./contrast.mjs";
import { addRecord, logIn, openPanel, panel, redeem, words } from "./shop.mjs";
import { paint } from "./tour.mjs";
import { expect, test } from "./watch.mjs";

const t = words("en");

/** The same 200 colours on every run (mulberry32). */
const accents = (() => {
  let state = 4;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const hex = () => `#${(next() & 0xffffff).toString(16).padStart(6, "0")}`;
  return Array.from({ length: 200 }, hex);
})();

/** Measures the screen one is on, light and dark; something of it must have been there to measure. */
const holds = async (page, name, least) => {
  for (const scheme of ["light", "dark"]) {
    await paint(page, scheme);
    const { measured, failed } = await page.evaluate(measure, accents);
    expect.soft(failed, `${name}, ${scheme}`).toEqual([]);
    expect(measured, name).toBeGreaterThanOrEqual(least * accents.length);
  }
};

test("the panel and the launcher are readable in 200 accents", async ({ page }) => {
  test.setTimeout(180_000);
  await logIn(page, "regulars", 0);
  await openPanel(page);
  await expect(panel(page).getByText(/^worth /)).toBeVisible();
  await holds(page, "home", 20);
  for (const [tab, text] of [[t.tab_coupon, "SPRING10"], [t.tab_tier, t.here], [t.tab_history, /^Order /]]) {
    await panel(page).getByRole("button", { name: tab, exact: true }).click();
    await expect(panel(page).getByText(text).first()).toBeVisible();
    await holds(page, tab, 20);
  }
});

test("the checkout is readable in 200 accents", async ({ page }) => {
  test.setTimeout(180_000);
  await logIn(page, "regulars", 0);
  await addRecord(page);
  await page.goto("/checkout");
  await expect(redeem(page).getByRole("button", { name: t.use_all })).toBeVisible();
  for (const code of ["birthday5", "welcome15"]) {
    await redeem(page).getByLabel(t.code, { exact: true }).fill(code);
    await redeem(page).getByRole("button", { name: t.apply }).click();
    await holds(page, code, 20);
  }
  await redeem(page).getByRole("button", { name: /^Take / }).click();
  await expect(redeem(page).getByText(t.applied)).toBeVisible();
  await holds(page, "held", 5);
  await redeem(page).getByRole("button", { name: t.put_back }).click();
  await expect(redeem(page).getByRole("button", { name: t.use_all })).toBeVisible();
});

test("a text that nobody can read is found", async ({ page }) => {
  await page.goto("/");
  await openPanel(page);
  await expect(panel(page).getByText(t.members_get)).toBeVisible();
  await panel(page).evaluate((dialog) => {
    const planted = new CSSStyleSheet();
    planted.replaceSync(".caption { color: #8f8f8f !important }");
    dialog.getRootNode().adoptedStyleSheets.push(planted);
  });
  const { failed } = await page.evaluate(measure, ["#808080"]);
  const wanted = /^#808080: “What members get”: \d\.\d+ instead of 4\.5/;
  expect(failed).toEqual([expect.stringMatching(wanted)]);
});
