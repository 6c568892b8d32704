// The newsletter from the box to the mailbox and out again, in a browser, with mails that were sent.
import { linkIn, mailTo, mailsTo } from "./mail.mjs";
import { asMember, closePanel, launcher, logIn, openPanel, panel, pattern, words } from "./shop.mjs";
import { expect, test } from "./watch.mjs";

const t = words("en");

const choose = (page) =>
  panel(page).getByRole("button", { name: t.consent_choose }).click();
const boxes = (page) => panel(page).getByRole("checkbox");
const save = (page) => panel(page).getByRole("button", { name: t.consent_save }).click();

/** What the page hears of consent. */
const listen = (page) =>
  page.evaluate(() => {
    window.heard = [];
    document.addEventListener("habitue:consent", ({ detail }) => window.heard.push(detail));
  });
const heard = (page) => page.evaluate(() => window.heard);

/** Opens a mail's link as a scanner does, and then presses the button as a person does. */
const confirm = async (page, link) => {
  const mailPage = await page.context().newPage();
  for (let look = 0; look < 3; look += 1) await mailPage.goto(link);
  await mailPage.getByRole("button", { name: "Confirm" }).click();
  await expect(mailPage.getByRole("heading", { name: "Confirmed" })).toBeVisible();
  await mailPage.close();
};

test("a visitor asks for the news, confirms from the mailbox, and is asked for no more", async (
  { page }, { project },
) => {
  const email = `visitor-${project.name}-${Date.now()}@example.org`;
  await page.goto("/");
  await listen(page);
  await openPanel(page);
  await choose(page);
  await expect(boxes(page)).toHaveCount(2);
  await expect(panel(page).getByRole("checkbox", { checked: true })).toHaveCount(0);

  await test.step("nothing ticked, or no address: it says so and keeps what is there", async () => {
    await save(page);
    await expect(panel(page).getByText(t.nothing_ticked)).toBeVisible();
    await boxes(page).first().check();
    await panel(page).getByLabel(t.email).fill("visitor@");
    await save(page);
    await expect(panel(page).getByText(t.bad_email)).toBeVisible();
    await expect(panel(page).getByLabel(t.email)).toBeFocused();
    await expect(panel(page).getByLabel(t.email)).toHaveValue("visitor@");
    await expect(boxes(page).first()).toBeChecked();
  });

  await test.step("then it waits for the mailbox", async () => {
    await panel(page).getByLabel(t.email).fill(email);
    await save(page);
    await expect(panel(page).getByRole("group").getByText(t.consent_pending)).toBeVisible();
    const detail = { purpose: "newsletter", topic: "records", state: "pending" };
    expect(await heard(page)).toEqual([detail]);
    const mail = await mailTo(email);
    expect(mail.text).toContain("New records");
    await confirm(page, linkIn(mail, "/n/confirm/"));
  });

  // Asked again for what is confirmed: the same answer, and no second mail.
  await panel(page).getByRole("button", { name: t.retry }).click();
  await boxes(page).first().check();
  await save(page);
  await expect(panel(page).getByRole("group").getByText(t.consent_pending)).toBeVisible();
  await page.waitForTimeout(3000);
  expect(mailsTo(email)).toHaveLength(1);
});

test("a member opts in, sees it confirmed, and leaves in two taps", async ({ page }, { project }) => {
  await logIn(page, "regulars", project.name === "phone" ? 1 : 2);
  const { email } = await page.evaluate(async () => {
    const { token } = await (await fetch("/loyalty-token")).json();
    return JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  });
  const states = async () => {
    const { body } = await asMember(page, "/v1/consents?locale=en");
    return body.choices.map(({ state }) => state);
  };
  const points = async () => (await asMember(page, "/v1/me")).body.member.balance.available;
  const before = await points();
  expect(await states()).toEqual(["none", "none"]);
  await listen(page);

  await test.step("tick a topic: the shop has told the address", async () => {
    await openPanel(page);
    await choose(page);
    await expect(panel(page).getByLabel(t.email)).toHaveCount(0);
    await boxes(page).first().check();
    await save(page);
    await expect(panel(page).getByRole("group").getByText(t.consent_pending)).toBeVisible();
    await closePanel(page);
  });

  await test.step("confirm from the mailbox: the widget knows when it is opened next", async () => {
    await confirm(page, linkIn(await mailTo(email), "/n/confirm/"));
    await openPanel(page);
    await expect(panel(page).getByRole("group").getByText(t.consent_given)).toBeVisible();
    await expect(boxes(page).first()).toBeChecked();
    await expect(boxes(page).nth(1)).not.toBeChecked();
    expect(await states()).toEqual(["given", "none"]);
    await panel(page).getByRole("button", { name: t.tab_home, exact: true }).click();
    await closePanel(page);
  });

  await test.step("leave: open, press, over; no point is touched", async () => {
    await launcher(page).click();
    await panel(page).getByRole("button", { name: t.leave }).click();
    await expect(panel(page).getByRole("group").getByText(t.consent_left)).toBeVisible();
    expect(await states()).toEqual(["withdrawn", "none"]);
    expect(await points()).toBe(before);
    expect((await heard(page)).map(({ state }) => state)).toEqual(["pending", "withdrawn"]);
    await expect(panel(page).getByRole("button", { name: t.leave })).toHaveCount(0);
    await expect(panel(page).getByRole("heading", { name: pattern(t.hello) })).toBeVisible();
  });
});
