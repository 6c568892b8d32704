// The page of the story is as strict as it says, and whoever watches it would see a breach: each
// kind of wrong is planted once, and has to be found.
import { HOST, addRecord, closePanel, openPanel } from "./shop.mjs";
import { expect, stored, test } from "./watch.mjs";

const POLICY =
  `default-src 'none'; script-src 'self' ${HOST} 'wasm-unsafe-eval'; connect-src 'self' ${HOST}; ` +
  "style-src 'self'; img-src 'self'; form-action 'self'; require-trusted-types-for 'script'";

test("the shop sends the strict policy with every page", async ({ page }) => {
  for (const path of ["/", "/login", "/checkout", "/orders", "/nowhere"]) {
    const reply = await page.request.get(path);
    const sent = reply.headersArray().filter(({ name }) => /^content-security-policy$/i.test(name));
    expect(sent[0].value, path).toBe(POLICY);
  }
});

/** The shop's first page with something added to its HTML, under the same policy. */
const plant = async (page, html, script = "") => {
  await page.route("**/planted.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: script }));
  await page.route("/", async (route) => {
    const response = await route.fetch();
    const tag = script ? '<script src="/planted.js"></script>' : "";
    const body = (await response.text()).replace("</main>", `${html}${tag}</main>`);
    await route.fulfill({ response, body });
  });
  await page.goto("/");
};

/** Waits until the list has an entry like this, then empties it: this wrong was wanted. */
const found = async (wrongs, ...patterns) => {
  for (const pattern of patterns) {
    await expect.poll(() => wrongs.filter((wrong) => pattern.test(wrong)).length).toBeGreaterThan(0);
  }
  wrongs.length = 0;
};

test.describe("what is planted is found:", () => {
  test("a style in an attribute", async ({ page, wrongs }) => {
    await plant(page, '<p style="color: red">planted</p>');
    await found(wrongs, /^violation of style-src/, /^report on style-src/, /^console: .*style/i);
  });

  test("a script in the page", async ({ page, wrongs }) => {
    await plant(page, "<script>window.planted = 1</script>");
    await found(wrongs, /^violation of script-src/, /^report on script-src/);
  });

  test("a picture of another host", async ({ page, wrongs }) => {
    await plant(page, `<img src="${HOST}/planted.png" alt="">`);
    await found(wrongs, /^violation of img-src/);
  });

  test("text that becomes markup", async ({ page, wrongs }) => {
    await plant(page, "", 'document.querySelector("main").innerHTML += "<b>planted</b>"');
    await found(wrongs, /^violation of require-trusted-types-for/, /^uncaught: TypeError/);
  });

  test("an error on the console", async ({ page, wrongs }) => {
    await plant(page, "", 'console.error("planted")');
    await found(wrongs, /^console: planted/);
  });

  test("an exception and a promise that nobody catches", async ({ page, wrongs }) => {
    await plant(page, "", 'Promise.reject(Error("planted late")); throw Error("planted")');
    await found(wrongs, /^uncaught: Error: planted$/, /^uncaught: Error: planted late/);
  });

  test("a box that pushes the page down", async ({ page, wrongs }) => {
    await plant(page, "", `
      setTimeout(() => {
        const box = document.createElement("p");
        box.textContent = "planted";
        document.querySelector("main").prepend(box);
      }, 300);
    `);
    await found(wrongs, /^shift of 0\.\d+ on \//);
  });

  test("a cookie, and something in every kind of storage", async ({ page }) => {
    await plant(page, "", `
      document.cookie = "habitue=1";
      localStorage.setItem("habitue", 1);
      sessionStorage.setItem("habitue", 1);
      indexedDB.open("habitue");
      caches.open("habitue");
    `);
    await expect.poll(() => stored(page)).toEqual([
      "cookie habitue of 127.0.0.1",
      "localStorage habitue",
      "sessionStorage habitue",
      "IndexedDB habitue",
      "Cache Storage habitue",
    ]);
  });

  test("and nothing where nothing is planted", async ({ page }) => {
    await plant(page, "<p>planted</p>");
    await openPanel(page);
    await closePanel(page);
    await addRecord(page);
    await page.goto("/checkout");
    await expect(page.locator("habitue-redeem").getByRole("link")).toBeVisible();
  });
});
