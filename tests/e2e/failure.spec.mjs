// Whatever breaks on Habitué's side, the shop does not notice: no uncaught error, and its own
// checkout leads to an order. The shopper gets a link to the program's page, or a sentence and a
// retry that works once the failure is over.
import { API, FILES, TOKEN, broken, hold, withPolicy } from "./fault.mjs";
import {
  HOST, addRecord, closePanel, launcher, logIn, openPanel, panel, pay, redeem,
} from "./shop.mjs";
import { expect, test as base } from "./watch.mjs";

const test = base.extend({
  // The browser writes this by itself for every request that fails.
  excused: async ({}, use) => use([/^console: Failed to load resource/]),
  /** The codes that the page heard by `habitue:error`. */
  codes: async ({ page }, use) => {
    const codes = [];
    await page.exposeFunction("reportCode", (code) => codes.push(code));
    await page.addInitScript(() => {
      document.addEventListener("habitue:error", ({ detail }) => window.reportCode(detail.code));
    });
    await use(codes);
  },
});

const link = (page) => page.locator("habitue-launcher").getByRole("link");
const fallback = (page) => redeem(page).getByText("You can also pay without them.");

/** To a checkout with something in the cart: there the app is wanted as soon as it is in view. */
const toCheckout = async (page) => {
  await addRecord(page);
  await page.goto("/checkout");
  await redeem(page).scrollIntoViewIfNeeded();
};

/** The launcher is a link to the program's page, and what the shop wrote for this case stands. */
const isLinked = async (page, codes, code) => {
  const address = new RegExp(`^${HOST}/m/(prg|pk)_[\\w-]+$`);
  await expect(link(page)).toHaveAttribute("href", address);
  await expect(link(page)).toHaveAccessibleName("Rewards");
  await expect(fallback(page)).toBeVisible();
  expect([...new Set(codes)]).toEqual([code]);
};

/** Once the failure is over, reaching for the launcher brings the panel. */
const recovers = async (page) => {
  await page.mouse.move(0, 0);
  await link(page).hover();
  await opens(page);
};

const opens = async (page) => {
  await expect(launcher(page)).toBeVisible();
  await openPanel(page);
  await expect(panel(page).getByText("What members get")).toBeVisible();
  await closePanel(page);
};

test.describe("a file of the payload:", () => {
  const CODES = { gone: "network", error: "network", refused: "network", corrupt: "integrity" };
  for (const file of Object.keys(FILES)) {
    for (const [fault, code] of Object.entries(CODES)) {
      test(`${file} ${fault} is told as ${code}`, async ({ page, codes, excused }) => {
        excused.push(/^console: .*(valid digest|SRI's integrity checks failed)/);
        await page.route(FILES[file], broken[fault]);
        await toCheckout(page);
        await isLinked(page, codes, code);
        await page.unroute(FILES[file]);
        await recovers(page);
        await pay(page);
      });
    }
  }

  test("one that takes longer than 8 s is not waited for", async ({ page, codes }) => {
    const { handler, letGo } = hold();
    await page.route(FILES.wasm, handler);
    await toCheckout(page);
    await isLinked(page, codes, "network");
    letGo();
    // It came after all, so the launcher is one again.
    await opens(page);
    await pay(page);
  });

  test("a script under another type does not run", async ({ page, codes, excused }) => {
    excused.push(/^console: Failed to load module script/);
    await page.route(FILES.script, broken.mistyped);
    await toCheckout(page);
    await isLinked(page, codes, "integrity");
    await pay(page);
  });

  for (const file of ["wasm", "texts"]) {
    test(`${file} under another type is read all the same`, async ({ page, codes }) => {
      await page.route(FILES[file], broken.mistyped);
      await toCheckout(page);
      await openPanel(page);
      await expect(panel(page).getByText("What members get")).toBeVisible();
      await closePanel(page);
      expect(codes).toEqual([]);
      await pay(page);
    });
  }
});

test.describe("the browser or the page's policy:", () => {
  test("no WebAssembly is told as nowasm", async ({ page, codes }) => {
    await page.addInitScript(() => { delete window.WebAssembly; });
    await toCheckout(page);
    await isLinked(page, codes, "nowasm");
    await pay(page);
  });

  const blocked = [/^(violation|report)/, /^console: .*Content Security Policy/];
  const without = (what) => (policy) => policy.replaceAll(what, "");

  test("a policy without wasm-unsafe-eval is told as csp", async ({ page, codes, excused }) => {
    excused.push(...blocked);
    await withPolicy(page, without("'wasm-unsafe-eval'"));
    await toCheckout(page);
    await isLinked(page, codes, "csp");
    await pay(page);
  });

  test("a policy that lets us ask nobody is told as csp", async ({ page, codes, excused }) => {
    excused.push(...blocked);
    await withPolicy(page, (policy) => policy.replace(/connect-src [^;]+/, "connect-src 'self'"));
    await toCheckout(page);
    await isLinked(page, codes, "csp");
    await pay(page);
  });

  test("a policy without us leaves the page as it was", async ({ page, codes, excused }) => {
    excused.push(...blocked);
    await withPolicy(page, (policy) => policy.replace(/script-src [^;]+/, "script-src 'self'"));
    await toCheckout(page);
    await expect(fallback(page)).toBeVisible();
    await expect(page.locator("habitue-launcher")).toHaveCount(0);
    expect(codes).toEqual([]);
    await pay(page);
  });
});

test.describe("the loader:", () => {
  for (const fault of ["gone", "error", "refused"]) {
    test(`${fault} leaves the page as it was`, async ({ page, codes, excused }) => {
      // Where it came with a type that is no script's.
      excused.push(/^console: Refused to execute script/);
      await page.route(`${HOST}/v1/habitue.js`, broken[fault]);
      await toCheckout(page);
      await expect(fallback(page)).toBeVisible();
      await expect(page.locator("habitue-launcher")).toHaveCount(0);
      expect(codes).toEqual([]);
      await pay(page);
    });
  }
});

/** The panel says `sentence`, says it again while nothing is better, and then shows `what`. */
const retries = async (page, sentence, lift, what) => {
  await openPanel(page);
  const alert = panel(page).getByRole("alert");
  await expect(alert).toContainText(sentence, { timeout: 20_000 });
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(alert).toContainText(sentence, { timeout: 20_000 });
  await lift();
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(what).toBeVisible();
  await closePanel(page);
};

test.describe("the API:", () => {
  const sentence = "We cannot reach the program just now.";

  for (const fault of ["refused", "unavailable", "error"]) {
    test(`${fault}: a sentence, a retry, and network`, async ({ page, codes }) => {
      await page.route(API, broken[fault]);
      await toCheckout(page);
      const shown = panel(page).getByText("What members get");
      await retries(page, sentence, () => page.unroute(API), shown);
      expect([...new Set(codes)]).toEqual(["network"]);
      await expect(redeem(page).getByRole("link", { name: "Sign in" })).toBeVisible();
      await pay(page);
    });
  }

  test("silent: not waited for longer than a shopper would", async ({ page, codes }) => {
    const { handler, letGo } = hold();
    await page.route(API, handler);
    await toCheckout(page);
    await openPanel(page);
    const alert = panel(page).getByRole("alert");
    await expect(alert).toContainText(sentence, { timeout: 20_000 });
    expect([...new Set(codes)]).toEqual(["network"]);
    await closePanel(page);
    await pay(page);
    letGo();
  });

  test("silent on a hold: the shopper is told, and presses again", async ({ page, codes }) => {
    await logIn(page, "regulars", 2);
    await toCheckout(page);
    await redeem(page).getByRole("button", { name: "Use all" }).click();
    const take = redeem(page).getByRole("button", { name: /^Take \$.* off$/ });
    await page.route("**/v1/holds", broken.unavailable);
    await take.click();
    await expect(redeem(page).locator("#refusal")).toHaveText(sentence);
    expect(codes).toEqual(["network"]);
    await page.unroute("**/v1/holds");
    await take.click();
    await expect(redeem(page).getByText("Applied to your order")).toBeVisible();
    await redeem(page).getByRole("button", { name: "Remove" }).click();
    await expect(take).toBeVisible();
    await pay(page);
  });

  test("silent on the history: the other screens stay", async ({ page, codes }) => {
    await logIn(page, "regulars", 2);
    await page.route("**/v1/me/history*", broken.refused);
    await openPanel(page);
    await panel(page).getByRole("button", { name: "History" }).click();
    const alert = panel(page).getByRole("alert");
    await expect(alert).toContainText(sentence);
    await panel(page).getByRole("button", { name: "Status" }).click();
    await expect(panel(page).getByText("you are here")).toBeVisible();
    await panel(page).getByRole("button", { name: "History" }).click();
    await page.unroute("**/v1/me/history*");
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(panel(page).getByText(/^Order /).first()).toBeVisible();
    expect([...new Set(codes)]).toEqual(["network"]);
  });
});

test.describe("the shop's token address:", () => {
  const sentence = "The shop has not confirmed who you are.";

  for (const fault of ["gone", "error", "garbage", "refused"]) {
    test(`${fault}: a sentence, a retry, and auth`, async ({ page, codes }) => {
      await logIn(page, "regulars", 2);
      await page.route(TOKEN, broken[fault]);
      await toCheckout(page);
      const hello = panel(page).getByRole("heading", { name: /^Hello / });
      await retries(page, sentence, () => page.unroute(TOKEN), hello);
      expect([...new Set(codes)]).toEqual(["auth"]);
      await pay(page);
    });
  }

  test("silent: not waited for longer than a shopper would", async ({ page, codes }) => {
    await logIn(page, "regulars", 2);
    const { handler, letGo } = hold();
    await page.route(TOKEN, handler);
    await toCheckout(page);
    await openPanel(page);
    const alert = panel(page).getByRole("alert");
    await expect(alert).toContainText(sentence, { timeout: 20_000 });
    expect([...new Set(codes)]).toEqual(["auth"]);
    await closePanel(page);
    await pay(page);
    letGo();
  });
});
