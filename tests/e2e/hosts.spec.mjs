// Pages that a merchant could have: a reset that spares nothing, patched and frozen built-ins, the
// tag twice, a body that is swapped. The widget looks and works as ever, and the page does not notice.
import { readFileSync } from "node:fs";
import { HOST, closePanel, launcher, openPanel, panel } from "./shop.mjs";
import { expect, test } from "./watch.mjs";

const kinds = { html: "text/html", css: "text/css", js: "text/javascript" };

/** Opens a page of `tests/hosts` on the shop's origin. */
const visit = async (page, name) => {
  await page.goto("/");
  const key = await page.locator("script[data-key]").getAttribute("data-key");
  await page.route("**/hosts/*", (route) => {
    const file = new URL(route.request().url()).pathname.split("/").pop();
    const text = readFileSync(new URL(`../hosts/${file}`, import.meta.url), "utf8");
    const body = text.replaceAll("HOST", HOST).replaceAll("KEY", key);
    return route.fulfill({ body, contentType: kinds[file.split(".").pop()] });
  });
  await page.goto(`/hosts/${name}`);
};

test("a page from hell", async ({ page }) => {
  await visit(page, "hell.html");
  await expect(launcher(page)).toHaveCount(1);
  const points = page.locator("habitue-points");
  const drawn = () => points.evaluate((element) => element.shadowRoot?.textContent);
  await expect.poll(drawn).toBe("124 points");
  const tier = page.locator("habitue-panel[view=tier]");
  await expect(tier.getByRole("button", { name: "Sign in" })).toBeVisible();
  await openPanel(page);
  const title = panel(page).getByRole("heading", { level: 2 });
  await expect(title).toHaveText("Sillon Regulars");
  const style = await title.evaluate((element) => {
    const { fontSize, textTransform, letterSpacing } = getComputedStyle(element);
    return { fontSize, textTransform, letterSpacing };
  });
  expect(style.fontSize).toBe("17px");
  expect(style.textTransform).toBe("none");
  await closePanel(page);
  await page.evaluate(() => {
    document.querySelector("#own").onclick = () => { document.title = "pressed"; };
  });
  await page.locator("#own").press("Enter");
  await expect(page).toHaveTitle("pressed");
});

test("a shop that swaps its body keeps the launcher, and the panel opens again", async ({ page }) => {
  await page.goto("/");
  await openPanel(page);
  await closePanel(page);
  await page.evaluate(() => {
    const body = document.createElement("body");
    body.append(document.createElement("main"));
    document.body.replaceWith(body);
  });
  await expect(launcher(page)).toHaveCount(1);
  await openPanel(page);
  await expect(panel(page).getByText("What members get")).toBeVisible();
});

test("Habitue.destroy leaves nothing behind, and no call throws afterwards", async ({ page }) => {
  await page.goto("/");
  await openPanel(page);
  await page.evaluate(() => window.Habitue.destroy());
  await expect(page.locator("habitue-launcher, habitue-panel")).toHaveCount(0);
  const overflow = await page.evaluate(async () => {
    const { Habitue } = window;
    await Promise.all([Habitue.close(), Habitue.logout(), Habitue.set({}), Habitue.cart(null)]);
    return document.documentElement.style.overflow;
  });
  expect(overflow).toBe("");
});
