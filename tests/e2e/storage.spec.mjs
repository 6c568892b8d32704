// Nothing of ours stays in the browser: a minute on the page, with the panel opened and closed.
import { HOST, closePanel, launcher, logIn, openPanel, panel } from "./shop.mjs";
import { expect, stored, test } from "./watch.mjs";

const MINUTE = 60_000;

test("after a minute with the panel nothing is stored, on no origin", async ({ page, excused }) => {
  // Habitué's own origin has no icon, and a browser asks for one.
  excused.push(/^console: Failed to load resource: .* 404/);
  const context = page.context();
  const cookiesSet = [];
  page.on("response", async (response) => {
    if (response.url().startsWith(HOST) && (await response.headerValue("set-cookie"))) {
      cookiesSet.push(response.url());
    }
  });
  await logIn(page, "regulars", 1);
  const since = Date.now();
  await openPanel(page);
  for (const name of ["Coupons", "Status", "History", "Home"]) {
    await panel(page).getByRole("button", { name }).click();
  }
  await closePanel(page);
  await expect(launcher(page)).toBeFocused();
  await page.waitForTimeout(MINUTE - (Date.now() - since));

  expect(await stored(page)).toEqual([]);
  const cookies = await context.cookies();
  expect(cookies.map(({ name, httpOnly }) => [name, httpOnly])).toEqual([["sillon_session", true]]);
  expect(cookiesSet).toEqual([]);
  // And on Habitué's own origin, as a page of that origin sees it.
  await page.goto(`${HOST}/healthz`);
  expect(await stored(page)).toEqual([]);
});
