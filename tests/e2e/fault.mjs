// What can go wrong between the page and Habitué, caused on purpose.
import { HOST } from "./shop.mjs";

/** The widget's files, by what they are. */
export const FILES = {
  script: `${HOST}/a/*/app.js`,
  wasm: `${HOST}/a/*/app.wasm`,
  texts: `${HOST}/a/*/en.json`,
};

/** Everything the widget asks of the API; the loader, which is a file, still comes. */
export const API = /\/v1\/(?!habitue\.js)/;

export const TOKEN = "**/loyalty-token";

const answer = (status, contentType, body) => (route) =>
  route.fulfill({ status, contentType, body, headers: { "access-control-allow-origin": "*" } });

/** A route handler for each kind of failure. */
export const broken = {
  gone: answer(404, "text/plain", "gone"),
  error: answer(500, "text/plain", "broken"),
  unavailable: answer(503, "text/html", "<p>Back in a minute</p>"),
  garbage: answer(200, "application/json", '{"token":'),
  refused: (route) => route.abort("connectionrefused"),
  /** Bytes that somebody changed on the way. */
  async corrupt(route) {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length >> 1] ^= 0x55;
    await route.fulfill({ response, body });
  },
  /** The right bytes under a wrong name. */
  async mistyped(route) {
    const response = await route.fetch();
    const headers = { ...response.headers(), "content-type": "text/plain" };
    await route.fulfill({ response, headers });
  },
};

/** Requests that are held back until they are let go. */
export const hold = () => {
  let letGo;
  const gate = new Promise((done) => { letGo = done; });
  const handler = async (route) => {
    await gate;
    // The page may have gone on meanwhile.
    await route.continue().catch(() => {});
  };
  return { handler, letGo };
};

/** Sends the checkout page with another policy. */
export const withPolicy = (page, change) =>
  page.route("**/checkout", async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    const policy = change(headers["content-security-policy"]);
    await route.fulfill({
      response,
      headers: { ...headers, "content-security-policy": policy },
    });
  });

/** The server's own answer, changed. */
export const altered = (change) => async (route) => {
  // With its Origin, which Playwright keeps out of the plain list.
  const response = await route.fetch({ headers: await route.request().allHeaders() });
  const { "content-length": _, ...headers } = response.headers();
  await route.fulfill({ status: response.status(), headers, json: change(await response.json()) });
};
