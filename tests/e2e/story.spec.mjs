// The whole line, on a page as strict as the demo shop's: anonymous → login → join → points, tier,
// coupons → coupon at checkout → paid → points rise → the second use is refused. And nothing goes
// wrong on the way: `watch.mjs` listens all the time.
import {
  HOST, addRecord, asMember, closePanel, launcher, logIn, openPanel, panel, pay, redeem as inPage,
} from "./shop.mjs";
import { expect, stored, test } from "./watch.mjs";

test("a shopper joins, redeems a coupon, pays and earns", async ({ page }, { project }) => {
  const fromHost = [];
  page.on("request", (request) => {
    if (request.url().startsWith(HOST)) fromHost.push(new URL(request.url()).pathname);
  });

  await test.step("an anonymous page fetches the loader and nothing else", async () => {
    await page.goto("/");
    await expect(launcher(page)).toBeVisible();
    await page.waitForTimeout(1000);
    expect(fromHost).toEqual(["/v1/habitue.js"]);
    expect(await stored(page)).toEqual([]);
    await openPanel(page);
    await expect(panel(page).getByText("What members get")).toBeVisible();
    // Checked by its hash first, and fetched once for that and for running it.
    expect(fromHost.filter((path) => path.endsWith("/app.js"))).toHaveLength(1);
    await closePanel(page);
  });

  await test.step("log in as a customer who is no member yet, and join", async () => {
    await logIn(page, "newcomers", project.name === "phone" ? 0 : 1);
    await openPanel(page);
    await expect(panel(page).getByRole("button", { name: "Join" })).toBeVisible();
    await panel(page).getByRole("button", { name: "Join" }).click();
    await expect(panel(page).getByRole("heading", { name: /^Hello / })).toBeVisible();
    // What else the shop would like to send is a question of its own.
    await expect(panel(page).getByRole("checkbox")).toHaveCount(2);
    await expect(panel(page).getByRole("checkbox", { checked: true })).toHaveCount(0);
  });

  await test.step("see tier, privileges and coupons", async () => {
    await panel(page).getByRole("button", { name: "Status" }).click();
    await expect(panel(page).getByText("you are here")).toBeVisible();
    await expect(panel(page).getByText("Listener").first()).toBeVisible();
    await panel(page).getByRole("button", { name: "Coupons" }).click();
    await expect(panel(page).getByText("SPRING10")).toBeVisible();
    await closePanel(page);
    await expect(launcher(page)).toBeFocused();
  });

  const before = await asMember(page, "/v1/me");
  expect(before.status).toBe(200);

  await test.step("a code below its minimum says what is missing", async () => {
    await page.goto("/");
    await page.locator("main a[href^='/records/']").first().click();
    await expect(page.locator("habitue-points")).toContainText("points");
    await addRecord(page);
    await page.goto("/checkout");
    const redeem = inPage(page);
    await redeem.getByLabel("Code", { exact: true }).fill("spring10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    await expect(redeem.getByText(/more in your cart for this/)).toBeVisible();
  });

  let total;
  await test.step("the coupon comes off: preview first, then the same amount held", async () => {
    await addRecord(page);
    await addRecord(page);
    await page.goto("/checkout");
    const full = await page.locator("[data-total]").textContent();
    const redeem = inPage(page);
    await redeem.getByLabel("Code", { exact: true }).fill("spring10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    const use = redeem.getByRole("button", { name: "Take $10.00 off" });
    await expect(use).toBeVisible();
    const preview = await redeem.getByText(/^\$\d+\.\d\d$/).last().textContent();
    await use.click();
    await expect(redeem.getByText("Applied to your order")).toBeVisible();
    await expect(page.locator("[data-rows]")).toContainText("−$10.00");
    total = await page.locator("[data-total]").textContent();
    expect(total).toBe(preview);
    expect(total).not.toBe(full);
  });

  await test.step("pay; the shop confirms and commits exactly that", async () => {
    await pay(page);
    await expect(page.locator("main")).toContainText(total);
    await expect(page.locator("main")).toContainText("SPRING10");
  });

  await test.step("the points rise, pending, and the history says why", async () => {
    const after = await asMember(page, "/v1/me");
    const pending = (reply) => reply.body.member.balance.pending;
    expect(pending(after)).toBeGreaterThan(pending(before));
    await openPanel(page);
    await expect(panel(page).getByText(/pending, usable from/)).toBeVisible();
    await panel(page).getByRole("button", { name: "History" }).click();
    await expect(panel(page).getByText(/paid/).first()).toBeVisible();
    await closePanel(page);
  });

  await test.step("the second use is refused with its reason", async () => {
    const line = { id: "1", product: "x", quantity: 1, unit_price: 9900 };
    const reply = await asMember(page, "/v1/quotes", {
      cart: { currency: "USD", lines: [line], shipping: 0 },
      asked: { codes: ["SPRING10"] },
    });
    expect(reply.status).toBe(200);
    const [outcome] = reply.body.quote.outcomes.filter(({ item }) => item.code);
    expect(outcome.verdict.Refused.reason).toBe("used_up_for_member");
    await addRecord(page);
    await page.goto("/checkout");
    const redeem = inPage(page);
    await redeem.getByLabel("Code", { exact: true }).fill("SPRING10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    await expect(redeem.getByText("You have used this code already.")).toBeVisible();
  });
});

test("the widget follows the colour scheme while it is open", async ({ page }) => {
  const face = (locator, name) =>
    locator.evaluate((element, name) => getComputedStyle(element)[name], name);
  const star = () => face(launcher(page), "color");
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  await openPanel(page);
  const sheet = () => face(panel(page), "backgroundColor");
  expect([await sheet(), await star()]).toEqual(["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(sheet).toBe("rgb(21, 23, 28)");
  // The shop's accent is pale in the dark, so what stands on it turns black.
  await expect.poll(star).toBe("rgb(0, 0, 0)");
  await page.evaluate(() => window.Habitue.set({ theme: "light" }));
  await expect.poll(sheet).toBe("rgb(255, 255, 255)");
});

test("a member sees what they have and uses points", async ({ page }, { project }) => {
  await logIn(page, "collectors", project.name === "phone" ? 0 : 1);
  await expect(launcher(page)).toHaveAccessibleName(/^Rewards, [\d,]+ points?$/);
  await openPanel(page);
  await expect(panel(page).getByText(/^worth \$/)).toBeVisible();
  await panel(page).getByRole("button", { name: "Status" }).click();
  await panel(page).getByRole("button", { name: "History" }).click();
  await expect(panel(page).getByText(/^Order /).first()).toBeVisible();
  await closePanel(page);

  await addRecord(page);
  await page.goto("/checkout");
  const redeem = inPage(page);
  await redeem.getByRole("button", { name: "Use all" }).click();
  await redeem.getByRole("button", { name: /^Take \$.* off$/ }).click();
  await expect(redeem.getByText("Applied to your order")).toBeVisible();
  await pay(page);

  const { body } = await asMember(page, "/v1/me/history?limit=5");
  expect(body.rows.map((row) => row.kind)).toContain("redeem");
});
