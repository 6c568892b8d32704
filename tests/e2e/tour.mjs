// Every screen and each of its faces, one after the other: for whoever looks at all of them (axe,
// the tree, the pictures). Nothing stays done; whoever is met only looks.
import { API, altered, broken, hold } from "./fault.mjs";
import {
  addRecord, launcher, logIn, openPanel, panel, pattern, redeem, words,
} from "./shop.mjs";
import { expect } from "./watch.mjs";

/** Light or dark, for the shop and, a moment later, for the widget. */
export const paint = async (page, colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  // Nothing under the pointer.
  await page.mouse.move(0, 0);
  await page.waitForTimeout(100);
};

/** The walk of one page through one language; each leg calls `stop(name, scope)` at its screens. */
class Walk {
  constructor(page, lang, stop) {
    Object.assign(this, { page, stop, lang, t: words(lang) });
  }

  /** The panel of the page one is on, once `text` stands there. */
  async at(name, text) {
    await expect(panel(this.page).getByText(text).first()).toBeVisible();
    await this.stop(name, panel(this.page));
  }

  async open(path = "/") {
    await this.page.goto(path);
    await openPanel(this.page);
  }

  tab(name) {
    return panel(this.page).getByRole("button", { name: this.t[name], exact: true }).click();
  }

  /** To the boxes of news and offers. */
  choose() {
    return panel(this.page).getByRole("button", { name: this.t.consent_choose }).click();
  }

  /** The element in the checkout, once `inside` is there. */
  async atRedeem(name, inside) {
    await expect(inside).toBeVisible();
    await redeem(this.page).evaluate((element) => {
      element.scrollIntoView();
      // With its heading.
      scrollBy(0, -64);
    });
    await this.stop(name, redeem(this.page));
  }

  button(name) {
    return redeem(this.page).getByRole("button", { name });
  }

  async enter(code) {
    await redeem(this.page).getByLabel(this.t.code, { exact: true }).fill(code);
    await this.button(this.t.apply).click();
  }
}

const STRANGER = async (walk) => {
  const { page, t } = walk;
  await page.goto("/");
  await expect(launcher(page)).toBeVisible();
  await walk.stop("launcher", launcher(page));
  await openPanel(page);
  await walk.at("welcome", t.members_get);
  await walk.choose();
  await walk.at("consent-visitor", t.consent_new);
  await panel(page).getByRole("checkbox").first().check();
  await panel(page).getByLabel(t.email).fill("ada@");
  await panel(page).getByRole("button", { name: t.consent_save }).click();
  await walk.at("consent-refused", t.bad_email);
  await walk.open();
  await addRecord(page);
  await page.goto("/checkout");
  await walk.atRedeem("redeem-welcome", redeem(page).getByText(t.sign_in_hint));
};

const WAITING = async (walk) => {
  const { page, t } = walk;
  const { handler, letGo } = hold();
  await page.route(API, handler);
  await walk.open();
  await expect(panel(page).getByRole("img", { name: t.loading })).toBeVisible();
  await walk.stop("loading", panel(page));
  await page.goto("/checkout");
  await walk.atRedeem("redeem-loading", redeem(page).getByRole("img", { name: t.loading }));
  letGo();
  await page.unroute(API);
};

const BROKEN = async (walk) => {
  const { page, t } = walk;
  await page.route(API, broken.refused);
  await walk.open();
  await walk.at("failed", t.failed_network);
  await page.goto("/checkout");
  await walk.atRedeem("redeem-failed", redeem(page).getByText(t.failed_network));
  await page.unroute(API);
};

const NEWCOMER = async (walk) => {
  const { page, t } = walk;
  await logIn(page, "newcomers", 3);
  await openPanel(page);
  await walk.at("join", t.join_agree);
  await page.goto("/checkout");
  await walk.atRedeem("redeem-join", redeem(page).getByText(t.join_agree));
};

/**
 * What a member has depends on the day: orders ripen, and the months a tier looks back move on. Here
 * the server's own answers are set to one state, seen from today.
 */
const freeze = async ({ page, isDated }) => {
  const day = 24 * 3600 * 1000;
  const inDays = (days) => new Date(Date.now() + days * day).toISOString();
  await page.route("**/v1/session", altered((reply) => {
    const { member } = reply.me;
    Object.assign(member.balance, { pending: 167, ripens_at: inDays(9) });
    Object.assign(member, {
      tier: "regular",
      progress: { earned: 1469, next: "habitue", missing: 31 },
    });
    reply.me.facts.member.tier = "regular";
    return reply;
  }));
  await page.route("**/v1/me/history*", altered((reply) => {
    const newest = reply.rows.find((row) => row.active_from);
    reply.rows.forEach((row, place) => {
      if (row.active_from) row.active_from = inDays(row === newest ? 9 : -1);
      // Where the very words count, neither the month nor this year may change them.
      if (isDated) row.occurred_at = new Date(Date.UTC(2020, 11 - place, 12)).toISOString();
    });
    return reply;
  }));
};

const thaw = async (page) => {
  await page.unroute("**/v1/session");
  await page.unroute("**/v1/me/history*");
};

const MEMBER = async (walk) => {
  const { page, t } = walk;
  await logIn(page, "regulars", 0);
  await freeze(walk);
  await walk.open();
  await walk.at("home", pattern(t.worth));
  await walk.tab("tab_coupon");
  await walk.at("coupon", "SPRING10");
  await walk.tab("tab_tier");
  await walk.at("tier", t.here);
  await walk.tab("tab_history");
  await walk.at("history", pattern(t.row_earn));
  await walk.tab("tab_home");
  await panel(page).getByRole("button", { name: pattern(t.use_now) }).click();
  await walk.at("redeem-later", t.at_checkout);
  await thaw(page);
};

/** News and offers, as it stands with a member: the server's own answer, from state to state. */
const NEWS = async (walk) => {
  const { page, t } = walk;
  for (const [name, states, text] of [
    ["consent", ["none", "none"], t.consent_new],
    ["consent-pending", ["given", "pending"], t.consent_pending],
    ["consent-given", ["given", "none"], t.consent_given],
    ["consent-left", ["withdrawn", "withdrawn"], t.consent_left],
  ]) {
    await page.route("**/v1/consents*", altered((reply) => {
      reply.choices.forEach((choice, place) => { choice.state = states[place]; });
      return reply;
    }));
    await walk.open();
    await expect(panel(page).getByText(text)).toBeVisible();
    await walk.choose();
    await expect(panel(page).getByRole("heading", { name: t.consent })).toBeVisible();
    await walk.at(name, text);
    await page.unroute("**/v1/consents*");
  }
  await page.route("**/v1/consents*", broken.refused);
  await walk.open();
  await walk.choose();
  await walk.at("consent-failed", t.failed_network);
  await page.unroute("**/v1/consents*");
};

/** The faces that this shop's data do not show, from the server's own answers, changed. */
const ODD = async (walk) => {
  const { page, t } = walk;
  const { handler, letGo } = hold();
  await page.route("**/v1/me/history*", handler);
  await walk.open();
  await walk.tab("tab_history");
  await expect(panel(page).getByRole("img", { name: t.loading })).toBeVisible();
  await walk.stop("history-loading", panel(page));
  letGo();
  await page.unroute("**/v1/me/history*");
  await page.route("**/v1/me/history*", broken.refused);
  await walk.open();
  await walk.tab("tab_history");
  await walk.at("history-failed", t.failed_network);
  await page.unroute("**/v1/me/history*");
  await page.route("**/v1/me/history*", altered(() => ({ rows: [] })));
  await page.route("**/v1/session", altered((reply) => {
    const { me } = reply;
    me.facts.promotions = [];
    Object.assign(me.member.balance, { available: 0, pending: 0 });
    Object.assign(me.member, {
      tier: "listener",
      progress: { earned: 0, next: "regular", missing: 500 },
    });
    return reply;
  }));
  await walk.open();
  await walk.at("home-new", t.first_points);
  await walk.tab("tab_coupon");
  await walk.at("coupon-empty", t.no_coupons);
  await walk.tab("tab_history");
  await walk.at("history-empty", t.no_history);
  await thaw(page);
  await page.route("**/v1/session", altered((reply) => {
    const progress = { earned: 1469, next: "habitue", missing: 31 };
    Object.assign(reply.me.member, { tier: "regular", progress });
    Object.assign(reply.me.member.balance, { available: 0, pending: 0, debt: 240 });
    return reply;
  }));
  await walk.open();
  await walk.at("home-debt", pattern(t.debt.other));
  await page.unroute("**/v1/session");
};

const BUYER = async (walk) => {
  const { page, t } = walk;
  await page.goto("/checkout");
  await walk.atRedeem("redeem", walk.button(t.use_all));
  await walk.enter("birthday5");
  await walk.atRedeem("redeem-refused", redeem(page).getByText(t.reason_expired));
  await walk.enter("welcome15");
  await walk.button(t.more).click();
  await walk.atRedeem("redeem-preview", walk.button(pattern(t.take_off)));
  const go = redeem(page).locator(".primary");
  // The demo gives its cards and its credit in dollars.
  if (walk.lang === "en") {
    await walk.button(pattern(`${t.gift_card}{rest}`)).click();
    await walk.button(pattern(`${t.credit}{rest}`)).click();
    // Not "Use all", which the same pattern would find.
    await walk.atRedeem("redeem-payment", go.getByText(pattern(t.use_amount)));
  }
  await go.click();
  await walk.atRedeem("redeem-held", redeem(page).getByText(t.applied));
  await walk.button(t.put_back).click();
  await expect(walk.button(t.use_all)).toBeVisible();
};

/**
 * Walks through everything; `lang` is the language of the shop and of the widget. `isDated`: the
 * history is of days that never change.
 */
export const tour = async (page, lang, stop, isDated = false) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto(lang === "fr" ? "/?lang=fr&currency=EUR" : "/?lang=en&currency=USD");
  const walk = Object.assign(new Walk(page, lang, stop), { isDated });
  for (const leg of [STRANGER, WAITING, BROKEN, NEWCOMER, MEMBER, NEWS, ODD, BUYER]) await leg(walk);
};
