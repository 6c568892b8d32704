// Each flow without a pointer: what one wants comes with Tab, acts on Enter or Space, and the focus
// is never lost on the way.
import { addRecord, launcher, logIn, panel, pattern, redeem, words } from "./shop.mjs";
import { expect, test } from "./watch.mjs";

const t = words("en");

/** Presses a key until `target` has the focus; what takes more presses than this is out of reach. */
const reach = async (page, target, key = "Tab", most = 40) => {
  const has = (element) => element === element.getRootNode().activeElement;
  for (let press = 0; press < most; press += 1) {
    if ((await target.count()) && (await target.evaluate(has))) return;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused({ timeout: 1 });
};

const press = async (page, target, key = "Enter") => {
  await reach(page, target);
  await page.keyboard.press(key);
};

/** The focus is somewhere in the widget: on the page's body it would be lost. */
const isKept = (host) =>
  expect.poll(() => host.evaluate((element) => element.shadowRoot.activeElement?.localName ?? "lost"))
    .not.toBe("lost");

const dialog = (page) => page.locator("habitue-panel");
const inPanel = (page, name) => panel(page).getByRole("button", { name, exact: true });
const inPage = (page, name) => redeem(page).getByRole("button", { name });

test("open the panel, go through its screens, copy a code, close it", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await logIn(page, "regulars", 3);
  await expect(launcher(page)).toHaveAccessibleName(/points?$/);
  await press(page, launcher(page));
  await expect(launcher(page)).toHaveAttribute("aria-expanded", "true");
  await expect(inPanel(page, t.close)).toBeFocused();

  for (const [tab, text] of [
    [t.tab_coupon, "SPRING10"], [t.tab_tier, t.here], [t.tab_history, pattern(t.row_earn)],
  ]) {
    await press(page, inPanel(page, tab));
    await expect(panel(page).getByText(text).first()).toBeVisible();
    await expect(inPanel(page, tab)).toBeFocused();
    await expect(inPanel(page, tab)).toHaveAttribute("aria-current", "page");
  }

  await reach(page, inPanel(page, t.tab_coupon), "Shift+Tab");
  await page.keyboard.press("Space");
  const ticket = panel(page).locator(".code-line").filter({ hasText: "SPRING10" });
  await press(page, ticket.getByRole("button"));
  await expect(ticket.getByRole("button")).toHaveText(t.copied);
  await expect(ticket.getByRole("button")).toBeFocused();
  await expect(panel(page).getByRole("status")).toContainText("SPRING10 copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("SPRING10");

  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
  await expect(launcher(page)).toBeFocused();
  await expect(launcher(page)).toHaveAttribute("aria-expanded", "false");

  // And by its button.
  await page.keyboard.press("Space");
  // A Tab before the panel is there would be the page's own.
  await expect(inPanel(page, t.close)).toBeFocused();
  await page.keyboard.press("Space");
  await expect(panel(page)).toBeHidden();
  await expect(launcher(page)).toBeFocused();
});

test("Tab stays in the open panel", async ({ page }) => {
  await page.goto("/");
  await press(page, launcher(page));
  await expect(panel(page).getByText(t.members_get)).toBeVisible();
  for (let press = 0; press < 12; press += 1) {
    await page.keyboard.press("Tab");
    const where = await page.evaluate(() => document.activeElement?.localName);
    // Between the last and the first the browser's own buttons have their turn.
    expect(["habitue-panel", "body"]).toContain(where);
  }
});

test("tick news, save, and leave again", async ({ page }) => {
  await page.goto("/");
  await press(page, launcher(page));
  await press(page, inPanel(page, t.consent_choose));
  await isKept(dialog(page));
  const box = panel(page).getByRole("checkbox").first();
  await reach(page, box);
  await page.keyboard.press("Space");
  await expect(box).toBeChecked();
  await press(page, inPanel(page, t.consent_save));
  const field = panel(page).getByLabel(t.email);
  await expect(field).toBeFocused();
  await expect(field).toHaveAccessibleDescription(t.bad_email);
  await page.keyboard.type("keyboard@example.org");
  await page.keyboard.press("Enter");
  await expect(panel(page).getByRole("status")).toContainText(t.consent_pending);
  await isKept(dialog(page));
  await press(page, inPanel(page, t.tab_home));
  await expect(panel(page).getByText(t.members_get)).toBeVisible();
  await isKept(dialog(page));
});

test("join", async ({ page }) => {
  await logIn(page, "newcomers", 2);
  await press(page, launcher(page));
  await press(page, inPanel(page, t.join));
  await expect(panel(page).getByRole("heading", { name: pattern(t.hello) })).toBeVisible();
  await expect(panel(page).getByRole("status")).toContainText(t.joined);
  await isKept(dialog(page));
  await press(page, inPanel(page, t.tab_tier));
  await expect(panel(page).getByText(t.here)).toBeVisible();
});

test("pay with a gift card and a part of the credit", async ({ page }) => {
  await logIn(page, "regulars", 0);
  await addRecord(page);
  await page.goto("/checkout");
  const card = inPage(page, pattern(t.gift_card + "{rest}"));
  const credit = inPage(page, pattern(t.credit + "{rest}"));
  await press(page, card);
  await expect(card).toHaveAttribute("aria-pressed", "true");
  await expect(card).toBeFocused();
  await press(page, card);
  await expect(card).toHaveAttribute("aria-pressed", "false");
  await press(page, credit);
  await expect(credit).toHaveAttribute("aria-pressed", "true");
  const field = redeem(page).getByLabel(t.how_much);
  await reach(page, field);
  await expect(field).toBeFocused();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("5");
  await page.keyboard.press("Enter");
  await expect(credit).toContainText("−$5.00");
  await expect(field).toBeFocused();
  await press(page, inPage(page, "Use $5.00"));
  await expect(redeem(page).getByText(t.applied)).toBeVisible();
  await isKept(redeem(page));
  await press(page, inPage(page, t.put_back));
  await expect(credit).toBeVisible();
});

test("choose points and a code, take them off, put them back", async ({ page }) => {
  await logIn(page, "collectors", 2);
  await addRecord(page);
  await page.goto("/checkout");

  await test.step("points by the slider's keys and by its buttons", async () => {
    const slider = redeem(page).getByRole("slider");
    const chosen = redeem(page).locator("output").first();
    await reach(page, slider);
    await page.keyboard.press("Home");
    await expect(chosen).toHaveText(pattern(t.points.other));
    const before = await chosen.textContent();
    await press(page, inPage(page, t.more));
    await expect(chosen).not.toHaveText(before);
    await page.keyboard.press("Space");
    const two = await chosen.textContent();
    await reach(page, inPage(page, t.fewer), "Shift+Tab");
    await page.keyboard.press("Enter");
    await expect(chosen).not.toHaveText(two);
    await reach(page, slider, "Shift+Tab");
    await page.keyboard.press("End");
    await expect(slider).toHaveAttribute("aria-valuetext", pattern(t.points_off.other));
    await expect(inPage(page, t.use_none)).toBeVisible();
    await press(page, inPage(page, t.use_none));
    await expect(inPage(page, t.use_all)).toBeVisible();
    await isKept(redeem(page));
  });

  await test.step("a code: refused with its reason, then one that counts, then taken away", async () => {
    const field = redeem(page).getByLabel(t.code, { exact: true });
    await reach(page, field);
    await page.keyboard.type("birthday5");
    await page.keyboard.press("Enter");
    await expect(redeem(page).getByText(t.reason_expired)).toBeVisible();
    await expect(field).toBeFocused();
    await page.keyboard.type("welcome15");
    await page.keyboard.press("Enter");
    await expect(inPage(page, pattern(t.take_off))).toBeVisible();
    await press(page, inPage(page, "Remove WELCOME15"));
    await expect(field).toBeFocused();
    await page.keyboard.type("welcome15");
    await page.keyboard.press("Enter");
  });

  await test.step("held, and put back", async () => {
    await press(page, inPage(page, pattern(t.take_off)));
    await expect(redeem(page).getByText(t.applied)).toBeVisible();
    await isKept(redeem(page));
    await press(page, inPage(page, t.put_back));
    await expect(inPage(page, t.use_all)).toBeVisible();
    await isKept(redeem(page));
  });
});
