// Every mail as a mailbox shows it, on a phone and on a desktop, light and dark: readable without a
// picture, since there is none, and nothing is fetched that would tell when it was opened.
import AxeBuilder from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";

const ROOT = new URL("../..", import.meta.url).pathname;
const { HABITUE_SERVER: server = `${ROOT}target/server/habitue` } = process.env;
const { HABITUE_SHOTS: folder, HABITUE_SHOTS_ONLY: only = "" } = process.env;

/** The mail as the server writes it, with the made-up contents of its preview. */
const written = (kind, lang) => {
  const out = mkdtempSync(join(tmpdir(), "mail-"));
  const call = ["mail", "preview", kind, "--locale", lang, "--out", out];
  execFileSync(server, call);
  return (suffix) => readFileSync(join(out, `${kind}.${lang}.${suffix}`), "utf8");
};

const TYPES = { html: "text/html; charset=utf-8", txt: "text/plain; charset=utf-8" };
/** What concerns a mail; landmarks are the mailbox's own. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const shoot = async (page, name) => {
  if (!folder || !`mail/${name}`.startsWith(only)) return;
  mkdirSync(`${folder}/mail`, { recursive: true });
  const browser = await page.context().newCDPSession(page);
  const { width, height: most } = page.viewportSize();
  const end = await page.evaluate(() => document.body.getBoundingClientRect().bottom + 8);
  const clip = { x: 0, y: 0, width, height: Math.min(Math.ceil(end), most), scale: 1 };
  const shot = { format: "webp", quality: 60, clip };
  const { data } = await browser.send("Page.captureScreenshot", shot);
  writeFileSync(`${folder}/mail/${name}.webp`, data, "base64");
};

for (const kind of ["confirm", "open", "newsletter", "expiring"]) {
  for (const lang of ["en", "fr"]) {
    test(`${kind}, ${lang}`, async ({ browser }) => {
      const read = written(kind, lang);
      for (const [suffix, contentType] of Object.entries(TYPES)) {
        const body = read(suffix);
        const url = `http://mailbox.example/${kind}.${lang}.${suffix}`;
        for (const width of [390, 1280]) {
          for (const colorScheme of ["light", "dark"]) {
            // A page that changes its width is pictured as it was.
            const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
            const page = await context.newPage();
            const asked = [];
            page.on("request", (request) => asked.push(request.url()));
            await page.route(url, (route) => route.fulfill({ contentType, body }));
            await page.goto(url);
            // Painted: what it would load has been asked for by then.
            await page.evaluate(() => new Promise((done) => {
              requestAnimationFrame(() => requestAnimationFrame(done));
            }));
            const { wide, pictures, links } = await page.evaluate(() => ({
              wide: document.documentElement.scrollWidth - innerWidth,
              pictures: [...document.querySelectorAll("*")].filter((element) =>
                /^(img|svg|picture|video|object|iframe)$/.test(element.localName)
                || getComputedStyle(element).backgroundImage !== "none").length,
              links: [...document.querySelectorAll("a")].map(({ textContent }) => textContent),
            }));
            expect({ wide: Math.max(wide, 0), pictures }).toEqual({ wide: 0, pictures: 0 });
            // A link says where it goes in words, and the text has the address itself.
            if (suffix === "html") expect(links.every((text) => text.length > 5)).toBe(true);
            else await expect(page.locator("body")).toContainText("https://loyalty.example/n/");
            const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
            const wrong = violations
              .filter(({ id }) => suffix === "html" || !/title|lang/.test(id))
              .map(({ id, nodes }) => `${id}: ${nodes[0].failureSummary}`);
            expect(wrong, `${suffix}, ${width}, ${colorScheme}`).toEqual([]);
            expect(asked.splice(0), "the mail itself and nothing else").toEqual([url]);
            // Plain text has no colours of ours.
            if (suffix === "html" || colorScheme === "light") {
              await shoot(page, `${kind}-${suffix}-${width}-${lang}-${colorScheme}`);
            }
            await context.close();
          }
        }
      }
    });
  }
}

test("a picture that tells of an opening would be found", async ({ page }) => {
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.route("http://mailbox.example/**", (route) =>
    route.fulfill({ contentType: "text/html", body: "<p>Hello<img src=/seen.gif alt=''>" }));
  await page.goto("http://mailbox.example/mail");
  await expect.poll(() => asked).toEqual(["/mail", "/seen.gif"]);
});
