// A page that was opened before an upgrade still opens its panel: the new server finds the payload
// of the old one in the database. Two real servers, one after the other, on one database.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expect, test, watch } from "./watch.mjs";

const root = new URL("../../", import.meta.url).pathname;
const folder = `${root}target/e2e-upgrade`;
const ports = [process.env.HABITUE_E2E_API ?? "4630", process.env.HABITUE_E2E_SHOP ?? "4640"];
const [API, SHOP] = ports.map((port) => `127.0.0.1:${Number(port) + 2}`);
const env = { ...process.env, HABITUE_MASTER_KEY: "5e".repeat(32) };
const database = ["--database", `sqlite:${folder}/habitue.db`];

/** What runs; nothing of it outlives its test. */
const running = new Set();

/** Starts a program and waits until it answers; gives a function that ends it and waits for that. */
const start = async (program, args, address) => {
  const child = spawn(program, args, { cwd: root, env, stdio: "ignore" });
  const ended = new Promise((done) => { child.on("exit", done); });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    running.delete(stop);
  };
  running.add(stop);
  await expect.poll(() => fetch(address).then(({ status }) => status, () => 0)).toBe(200);
  return stop;
};

test.afterEach(() => Promise.all([...running].map((stop) => stop())));

const serve = (program) =>
  start(program, [...database, "serve", "--listen", API, "--public-url", `http://${API}`],
    `http://${API}/readyz`);

const openShop = () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const shop = execFileSync(process.env.HABITUE_EARLIER, [
    ...database, "shop", "add", "--name", "Upgrade", "--origin", `http://${SHOP}`,
    "--program", "crates/demo/program.toml", "--json",
  ], { cwd: root, env });
  writeFileSync(`${folder}/shop.json`, shop);
  return start(process.env.HABITUE_DEMO, [
    "--listen", SHOP, "--habitue-url", `http://${API}`, "--shop-file", `${folder}/shop.json`,
  ], `http://${SHOP}/`);
};

const open = async (page) => {
  await page.locator("habitue-launcher").getByRole("button").click();
  await expect(page.getByRole("dialog")).toBeVisible();
};

test("a page opened before an upgrade still opens its panel", async ({ page, browser }) => {
  test.skip(!process.env.HABITUE_EARLIER, "HABITUE_EARLIER names no server of an earlier version");
  const payloads = [];
  page.on("response", (response) => {
    if (response.url().endsWith("/app.wasm")) payloads.push([response.url(), response.status()]);
  });
  await openShop();
  const stopEarlier = await serve(process.env.HABITUE_EARLIER);
  await page.goto(`http://${SHOP}/`);
  await expect(page.locator("habitue-launcher").getByRole("button")).toBeVisible();
  // The loader under its version is among the files that a server notes in the database.
  const version = `${execFileSync(process.env.HABITUE_EARLIER, ["--version"])}`.trim().split(" ")[1];
  const pinned = `http://${API}/v${version}/habitue.js`;
  await expect.poll(async () => (await fetch(pinned)).status).toBe(200);
  await page.waitForTimeout(1000);
  expect(payloads).toEqual([]);
  await stopEarlier();

  await serve(process.env.HABITUE_SERVER);
  await open(page);
  await expect(page.getByRole("dialog").getByText("What members got before")).toBeVisible();

  const later = await (await browser.newContext()).newPage();
  const wrongs = await watch(later);
  later.on("response", (response) => {
    if (response.url().endsWith("/app.wasm")) payloads.push([response.url(), response.status()]);
  });
  await later.goto(`http://${SHOP}/`);
  await open(later);
  await expect(later.getByRole("dialog").getByText("What members get")).toBeVisible();
  expect(wrongs).toEqual([]);
  const [[before, first], [after, second]] = payloads;
  expect([first, second]).toEqual([200, 200]);
  expect(before).not.toBe(after);
  await later.context().close();
});
