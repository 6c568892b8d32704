// The demo shop as its shoppers use it, and the widget as it stands there.
import { readFileSync } from "node:fs";
import { expect } from "./watch.mjs";

export const HOST = `http://127.0.0.1:${process.env.HABITUE_E2E_API ?? "4630"}`;

export const launcher = (page) => page.locator("habitue-launcher").getByRole("button");
export const panel = (page) => page.getByRole("dialog");
export const redeem = (page) => page.locator("habitue-redeem");

export const openPanel = async (page) => {
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
};

export const closePanel = async (page) => {
  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
};

/** The widget's own texts: a spec in two languages finds a button by what stands on it. */
export const words = (lang) => {
  const file = new URL(`../../public/locales/${lang}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
};

/** A text with a figure or a name in it, as a pattern: `Take {amount} off` → /^Take .+ off$/. */
export const pattern = (text) => {
  const plain = text.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${plain.join(".+")}$`);
};

/**
 * Who may be chosen on the login page. Each spec has customers of its own, because what they do
 * stays done: story newcomers 0 1 and collectors 0 1, instruments regulars 1 4, newsletter regulars
 * 1 2 (their consent alone), keyboard newcomer 2 and collector 2; whoever only looks may be anybody.
 */
export const PEOPLE = { regulars: 0, newcomers: 1, collectors: 2 };

export const logIn = async (page, group, place) => {
  await page.goto("/login");
  const people = page.locator("fieldset").nth(PEOPLE[group]).getByRole("button");
  await people.nth(place).click();
  await expect(page).toHaveURL(/\/$/);
};

/** Logs in as any customer of the file. */
export const logInAs = async (page, number) => {
  await page.goto("/login");
  await page.locator("input[name=customer]").fill(number);
  await page.locator("form.number button").click();
  await expect(page).toHaveURL(/\/$/);
};

/** Puts a record into the cart: the first of the shelf, or another. */
export const addRecord = async (page, place = 0) => {
  await page.goto("/");
  await page.locator("main a[href^='/records/']").nth(place).click();
  await page.locator("form[data-add] button").click();
  await expect(page.locator("#notice")).not.toBeEmpty();
};

/** The shop's own button works: the way to an order of the amount that stood there. */
export const pay = async (page) => {
  const total = await page.locator("[data-total]").textContent();
  await page.locator("form[data-pay] button").click();
  await expect(page).toHaveURL(/\/orders\//);
  await expect(page.locator("main")).toContainText(total);
};

/** What the API says of whoever is signed in at the shop, asked as the widget asks it. */
export const asMember = (page, path, body) =>
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
