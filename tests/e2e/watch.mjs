// What must not happen on any page, whatever a spec does there. The page itself says so, into a
// list that has to be empty at the end of every test.
import { expect, test as base } from "@playwright/test";

export { expect };

/** Runs in the page before any script of its own. */
const observe = () => {
  const say = (what) => window.reportWrong(what);
  const counts = ({ hadRecentInput, startTime }) => {
    // What follows a press within half a second is an answer to it; nor does the shop's own page
    // count while the parser is still at it.
    const [{ domInteractive }] = performance.getEntriesByType("navigation");
    return !hadRecentInput && domInteractive && startTime > domInteractive;
  };
  const shifted = ({ value, sources }) => {
    const boxes = sources.map(({ node, previousRect: was, currentRect: is }) => {
      const name = node?.outerHTML?.slice(0, 80) ?? node?.nodeName;
      return `${name} (${was.x},${was.y} ${was.width}×${was.height}) → (${is.x},${is.y})`;
    });
    say(`shift of ${value} on ${location.pathname}: ${boxes.join("; ")}`);
  };
  new PerformanceObserver((list) => list.getEntries().filter(counts).forEach(shifted))
    .observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", (event) => {
    say(`violation of ${event.effectiveDirective} by ${event.blockedURI || event.sample}`);
  });
  // The reports a browser would send to the shop's `report-to`.
  new ReportingObserver((reports) => {
    reports.forEach(({ body }) => say(`report on ${body.effectiveDirective}: ${body.blockedURL}`));
  }, { types: ["csp-violation"], buffered: true }).observe();
};

/** Watches a page that has not been opened yet; gives the list of what went wrong on it. */
export const watch = async (page) => {
  const wrongs = [];
  page.on("console", (message) => {
    if (message.type() === "error") wrongs.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrongs.push(`uncaught: ${error}`));
  await page.exposeFunction("reportWrong", (what) => wrongs.push(what));
  await page.addInitScript(observe);
  return wrongs;
};

/** Everything a page of this origin has left in the browser, but for its own HttpOnly cookies. */
export const stored = async (page) => {
  const cookies = (await page.context().cookies()).filter((cookie) => !cookie.httpOnly);
  const kept = await page.evaluate(async () => [
    ...Object.keys(localStorage).map((key) => `localStorage ${key}`),
    ...Object.keys(sessionStorage).map((key) => `sessionStorage ${key}`),
    ...(await indexedDB.databases()).map(({ name }) => `IndexedDB ${name}`),
    ...(await caches.keys()).map((key) => `Cache Storage ${key}`),
    ...(await navigator.serviceWorker.getRegistrations()).map(({ scope }) => `worker ${scope}`),
  ]);
  return [...cookies.map(({ name, domain }) => `cookie ${name} of ${domain}`), ...kept];
};

/**
 * A test whose page is watched. `excused` names what a spec causes on purpose: the browser itself
 * writes a console error for every request that fails.
 */
export const test = base.extend({
  excused: async ({}, use) => use([]),
  wrongs: [
    async ({ page, excused }, use) => {
      const wrongs = await watch(page);
      await use(wrongs);
      const left = wrongs.filter((wrong) => !excused.some((excuse) => excuse.test(wrong)));
      expect(left, "what went wrong on the page").toEqual([]);
    },
    { auto: true },
  ],
});
