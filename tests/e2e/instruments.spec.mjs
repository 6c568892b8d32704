// One cart paid with everything at once: a code, points, a gift card and credit, on a page as strict
// as the demo shop's. What is previewed is held, and what is held is paid; a return and a
// cancellation give each its own part back, to the cent.
import AxeBuilder from "@axe-core/playwright";
import {
  addRecord, asMember, closePanel, logIn, openPanel, panel, pay, redeem as inPage,
} from "./shop.mjs";
import { expect, test } from "./watch.mjs";

/** `$1,234.50` or `−$4.00` in cents, without its sign. */
const cents = (text) => Number(text.replace(/[^\d.]/g, "").replace(".", ""));

/** What the member has now, in points and cents. */
const holdings = async (page) => {
  const { body } = await asMember(page, "/v1/me");
  const { facts, member } = body;
  const usd = (list) => list?.find(({ currency }) => currency === "USD")?.minor ?? 0;
  const cards = (facts.gift_cards ?? []).map(({ balance }) => balance.minor);
  return {
    points: member.balance.available,
    credit: usd(facts.member.credit),
    card: cards.reduce((sum, minor) => sum + minor, 0),
  };
};

/** The amounts of a list of the shop's, by what stands before them. */
const amounts = async (list) => {
  const rows = await list.locator("div").evaluateAll((rows) =>
    rows.map((row) => [...row.children].map(({ textContent }) => textContent)));
  return Object.fromEntries(rows.map(([what, amount]) => [what, cents(amount)]));
};

const order = (page, id) => page.getByRole("article", { name: `Order ${id}` });

/** The order one has just paid. */
const paidOrder = (page) => page.url().split("/").pop();

test("everything pays one cart, and each gets its own part back", async ({ page }, { project }) => {
  test.setTimeout(240_000);
  await logIn(page, "regulars", project.name === "phone" ? 4 : 1);
  const before = await holdings(page);
  expect(before).toMatchObject({ credit: 1200, card: 2500 });
  expect(before.points).toBeGreaterThan(150);

  await test.step("home says what there is", async () => {
    await openPanel(page);
    await expect(panel(page).getByText(/^Gift card ··\w{4}$/)).toBeVisible();
    await expect(panel(page).getByText("$25.00")).toBeVisible();
    await expect(panel(page).getByText("Store credit")).toBeVisible();
    await closePanel(page);
  });

  const redeem = inPage(page);
  const toPay = () => redeem.locator(".pay output").textContent();
  const use = redeem.getByRole("button", { name: /^Use \$/ });
  let previewed;

  await test.step("code, points, gift card and credit are previewed", async () => {
    for (const place of [0, 0, 1]) await addRecord(page, place);
    await page.goto("/checkout");
    const full = cents(await page.locator("[data-total]").textContent());
    await redeem.getByRole("button", { name: /^SPRING10/ }).click();
    await redeem.getByRole("spinbutton", { name: "Your points" }).fill("150");
    await redeem.getByRole("spinbutton", { name: "Your points" }).press("Enter");
    await redeem.getByRole("button", { name: /^Gift card/ }).click();
    await redeem.getByRole("button", { name: /^Store credit/ }).click();
    const credit = redeem.getByLabel("How much of it");
    await expect(credit).toHaveValue("12.00");
    await credit.fill("8,00");
    await credit.press("Enter");
    await expect(credit).toHaveValue("8.00");
    previewed = await toPay();
    expect(full - cents(previewed)).toBe(1000 + 150 + 2500 + 800);
    await expect(use).toHaveText("Use $44.50");
  });

  await test.step("what is held is what was previewed, in the order it counts", async () => {
    await use.click();
    await expect(redeem.getByText("Applied to your order")).toBeVisible();
    expect(await toPay()).toBe(previewed);
    const receipt = await redeem.locator(".card .row").allTextContents();
    expect(receipt.slice(1, -1).map((row) => row.replace(/··\w{4}/, ""))).toEqual([
      "SPRING10−$10.00", "150 points−$1.50", "Gift card −$25.00", "Store credit−$8.00",
    ]);
    await expect(page.locator("[data-total]")).toHaveText(previewed);
    expect(await amounts(page.locator("[data-rows]"))).toMatchObject({
      "SPRING10": 1000,
      "150 points": 150,
      "Order total": cents(previewed) + 3300,
      "Gift card": 2500,
      "Store credit": 800,
    });
    expect(await holdings(page)).toEqual({
      points: before.points - 150, credit: 400, card: 0,
    });
  });

  let charged;
  await test.step("another delivery changes what is left to pay, and nothing else", async () => {
    await page.getByRole("radio", { name: /^Express/ }).check();
    charged = `$${((cents(previewed) + 500) / 100).toFixed(2)}`;
    await expect(page.locator("[data-total]")).toHaveText(charged);
    expect(await amounts(page.locator("[data-rows]"))).toMatchObject({
      "SPRING10": 1000, "150 points": 150, "Gift card": 2500, "Store credit": 800,
    });
  });

  let first;
  await test.step("the card is charged the rest", async () => {
    await pay(page);
    first = paidOrder(page);
    await expect(page.locator("main")).toContainText(`You paid ${charged}.`);
    expect(await holdings(page)).toEqual({
      points: before.points - 150, credit: 400, card: 0,
    });
  });

  let after;
  await test.step("one piece of two comes back, to what paid for it", async () => {
    await page.goto("/orders");
    const mine = order(page, first);
    await mine.locator("summary").click();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await mine.getByRole("spinbutton").first().fill("1");
    await mine.getByRole("button", { name: "Return these" }).click();
    await expect(mine.getByText("Partly returned")).toBeVisible();
    const back = await amounts(mine.locator(".refunds"));
    for (const what of ["Card", "Gift card", "Store credit", "Points"]) {
      expect(back[what], what).toBeGreaterThan(0);
    }
    after = await holdings(page);
    expect(after).toEqual({
      points: before.points - 150 + back.Points,
      credit: 400 + back["Store credit"],
      card: back["Gift card"],
    });
  });

  await test.step("the history says so", async () => {
    await openPanel(page);
    await panel(page).getByRole("button", { name: "History" }).click();
    await expect(panel(page).getByText("−$25.00")).toBeVisible();
    await expect(panel(page).getByText("−$8.00")).toBeVisible();
    await closePanel(page);
  });

  await test.step("a card of nobody's pays by its code, and all of it when there is enough", async () => {
    await addRecord(page);
    await page.goto("/checkout");
    await redeem.getByLabel("Code", { exact: true }).fill("from-ada-to-you");
    await redeem.getByRole("button", { name: "Apply" }).click();
    await redeem.getByRole("button", { name: /^Gift card/ }).click();
    await redeem.getByRole("button", { name: /^Store credit/ }).click();
    await expect(use).toBeEnabled();
    await use.click();
    await expect(redeem.getByText("Applied to your order")).toBeVisible();
    const total = await page.locator("[data-total]").textContent();
    expect(await toPay()).toBe(total);
    await pay(page);
  });

  await test.step("cancelled, it was never bought", async () => {
    const second = paidOrder(page);
    await page.goto("/orders");
    const mine = order(page, second);
    await mine.getByRole("button", { name: "Cancel order" }).click();
    await expect(mine.getByText("Cancelled")).toBeVisible();
    await expect(mine.getByText("Refunded")).toBeVisible();
    expect(await holdings(page)).toEqual(after);
  });
});
