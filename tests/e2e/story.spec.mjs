// The whole line: anonymous → login → join → points, tier, coupons → coupon at checkout → paid →
// points rise → the second use is refused.
import { mkdirSync } from "node:fs";
import { expect, test } from "@playwright/test";

const HOST = `http://127.0.0.1:${process.env.HABITUE_E2E_API ?? "4630"}`;
const SHOTS = process.env.HABITUE_SHOTS;

/** A picture for people to look at, where they asked for some. */
const shot = async (page, name) => {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(400);
  const { width } = page.viewportSize();
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(150);
    const dark = colorScheme === "dark" ? "-dark" : "";
    await page.screenshot({ path: `${SHOTS}/${name}-${width}${dark}.png` });
  }
};

/** Collects what must not happen on any page: errors, and boxes that move under the shopper. */
const watch = async (page) => {
  const wrongs = [];
  page.on("console", (message) => message.type() === "error" && wrongs.push(message.text()));
  page.on("pageerror", (error) => wrongs.push(String(error)));
  await page.exposeFunction("reportShift", (shift) => wrongs.push(shift));
  await page.addInitScript(() => {
    const say = ({ value, sources }) => {
      const boxes = sources.map(({ node, previousRect: was, currentRect: is }) => {
        const name = node?.outerHTML?.slice(0, 80) ?? node?.nodeName;
        return `${name} (${was.x},${was.y} ${was.width}×${was.height}) → (${is.x},${is.y})`;
      });
      window.reportShift(`shift of ${value} on ${location.pathname}: ${boxes.join("; ")}`);
    };
    // What follows a press within half a second is an answer to it and does not count; nor does
    // the shop's own page while the parser is still at it.
    const counts = ({ hadRecentInput, startTime }) => {
      const [{ domInteractive }] = performance.getEntriesByType("navigation");
      return !hadRecentInput && domInteractive && startTime > domInteractive;
    };
    new PerformanceObserver((list) => list.getEntries().filter(counts).forEach(say))
      .observe({ type: "layout-shift", buffered: true });
  });
  return wrongs;
};

const launcher = (page) => page.locator("habitue-launcher").getByRole("button");
const panel = (page) => page.getByRole("dialog");

const openPanel = async (page) => {
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
};

const closePanel = async (page) => {
  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
};

/** What the API says of whoever is signed in at the shop, asked as the widget asks it. */
const asMember = (page, path, body) =>
  page.evaluate(
    async ([host, path, body]) => {
      const { token } = await (await fetch("/loyalty-token")).json();
      const key = document.querySelector("script[data-key]").dataset.key;
      const call = async (url, bearer, body) => {
        const reply = await fetch(host + url, {
          method: body ? "POST" : "GET",
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: body && JSON.stringify(body),
          credentials: "omit",
        });
        return { status: reply.status, body: await reply.json() };
      };
      const { session } = (await call("/v1/session", key, { token })).body;
      return call(path, session, body);
    },
    [HOST, path, body],
  );

const addRecord = async (page) => {
  await page.goto("/");
  await page.locator("main a[href^='/records/']").first().click();
  await expect(page.locator("habitue-points")).toContainText("points");
  await page.locator("form[data-add] button").click();
  await expect(page.locator("#notice")).not.toBeEmpty();
};

test("a shopper joins, redeems a coupon, pays and earns", async ({ page }, { project }) => {
  const wrongs = await watch(page);
  const fromHost = [];
  page.on("request", (request) => {
    if (request.url().startsWith(HOST)) fromHost.push(new URL(request.url()).pathname);
  });

  await test.step("an anonymous page fetches the loader and nothing else", async () => {
    await page.goto("/");
    await expect(launcher(page)).toBeVisible();
    await page.waitForTimeout(1000);
    expect(fromHost).toEqual(["/v1/habitue.js"]);
    const ours = (await page.context().cookies()).filter((cookie) => !cookie.httpOnly);
    expect(ours).toEqual([]);
    await openPanel(page);
    await expect(panel(page).getByText("What members get")).toBeVisible();
    // Checked by its hash first, and fetched once for that and for running it.
    expect(fromHost.filter((path) => path.endsWith("/app.js"))).toHaveLength(1);
    await shot(page, "welcome");
    await closePanel(page);
  });

  await test.step("log in as a customer who is no member yet, and join", async () => {
    await page.goto("/login");
    const newcomers = page.locator("fieldset").nth(1).getByRole("button");
    await newcomers.nth(project.name === "phone" ? 0 : 1).click();
    await openPanel(page);
    await expect(panel(page).getByRole("button", { name: "Join" })).toBeVisible();
    await shot(page, "join");
    await panel(page).getByRole("button", { name: "Join" }).click();
    await expect(panel(page).getByRole("heading", { name: /^Hello / })).toBeVisible();
    await shot(page, "joined");
  });

  await test.step("see tier, privileges and coupons", async () => {
    await panel(page).getByRole("button", { name: "Status" }).click();
    await expect(panel(page).getByText("you are here")).toBeVisible();
    await expect(panel(page).getByText("Listener").first()).toBeVisible();
    await shot(page, "tier");
    await panel(page).getByRole("button", { name: "Coupons" }).click();
    await expect(panel(page).getByText("SPRING10")).toBeVisible();
    await shot(page, "coupon");
    await closePanel(page);
    await expect(launcher(page)).toBeFocused();
  });

  const before = await asMember(page, "/v1/me");
  expect(before.status).toBe(200);

  await test.step("a code below its minimum says what is missing", async () => {
    await addRecord(page);
    await page.goto("/checkout");
    const redeem = page.locator("habitue-redeem");
    await redeem.getByLabel("Code", { exact: true }).fill("spring10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    await expect(redeem.getByText(/more in your cart for this/)).toBeVisible();
    await shot(page, "checkout-refused");
  });

  let total;
  await test.step("the coupon comes off: preview first, then the same amount held", async () => {
    await addRecord(page);
    await addRecord(page);
    await page.goto("/checkout");
    const full = await page.locator("[data-total]").textContent();
    const redeem = page.locator("habitue-redeem");
    await redeem.getByLabel("Code", { exact: true }).fill("spring10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    const use = redeem.getByRole("button", { name: "Take $10.00 off" });
    await expect(use).toBeVisible();
    const preview = await redeem.getByText(/^\$\d+\.\d\d$/).last().textContent();
    await shot(page, "checkout-preview");
    await use.click();
    await expect(redeem.getByText("Applied to your order")).toBeVisible();
    await expect(page.locator("[data-rows]")).toContainText("−$10.00");
    total = await page.locator("[data-total]").textContent();
    expect(total).toBe(preview);
    expect(total).not.toBe(full);
    await shot(page, "checkout-held");
  });

  await test.step("pay; the shop confirms and commits exactly that", async () => {
    await page.locator("form[data-pay] button").click();
    await expect(page).toHaveURL(/\/orders\//);
    await expect(page.locator("main")).toContainText(total);
    await expect(page.locator("main")).toContainText("SPRING10");
    await shot(page, "confirmation");
  });

  await test.step("the points rise, pending, and the history says why", async () => {
    const after = await asMember(page, "/v1/me");
    const pending = (reply) => reply.body.member.balance.pending;
    expect(pending(after)).toBeGreaterThan(pending(before));
    await openPanel(page);
    await expect(panel(page).getByText(/pending, usable from/)).toBeVisible();
    await shot(page, "home-after");
    await panel(page).getByRole("button", { name: "History" }).click();
    await expect(panel(page).getByText(/paid/).first()).toBeVisible();
    await shot(page, "history");
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
    const redeem = page.locator("habitue-redeem");
    await redeem.getByLabel("Code", { exact: true }).fill("SPRING10");
    await redeem.getByRole("button", { name: "Apply" }).click();
    await expect(redeem.getByText("You have used this code already.")).toBeVisible();
  });

  expect(wrongs).toEqual([]);
});

test("the widget follows the colour scheme while it is open", async ({ page }) => {
  const wrongs = await watch(page);
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
  expect(wrongs).toEqual([]);
});

test("a member sees what they have and uses points", async ({ page }, { project }) => {
  const wrongs = await watch(page);

  await page.goto("/login");
  const regulars = page.locator("fieldset").nth(2).getByRole("button");
  await regulars.nth(project.name === "phone" ? 0 : 1).click();
  await expect(launcher(page)).toHaveAccessibleName(/^Rewards, [\d,]+ points?$/);
  await openPanel(page);
  await expect(panel(page).getByText(/^worth \$/)).toBeVisible();
  await shot(page, "home");
  await panel(page).getByRole("button", { name: "Status" }).click();
  await shot(page, "tier-member");
  await panel(page).getByRole("button", { name: "History" }).click();
  await expect(panel(page).getByText(/^Order /).first()).toBeVisible();
  await shot(page, "history-member");
  await closePanel(page);

  await addRecord(page);
  await page.goto("/checkout");
  const redeem = page.locator("habitue-redeem");
  await redeem.getByRole("button", { name: "Use all" }).click();
  await redeem.getByRole("button", { name: /^Take \$.* off$/ }).click();
  await expect(redeem.getByText("Applied to your order")).toBeVisible();
  await shot(page, "points-held");
  const total = await page.locator("[data-total]").textContent();
  await page.locator("form[data-pay] button").click();
  await expect(page.locator("main")).toContainText(total);

  const { body } = await asMember(page, "/v1/me/history?limit=5");
  expect(body.rows.map((row) => row.kind)).toContain("redeem");
  expect(wrongs).toEqual([]);
});
