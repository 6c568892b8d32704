// The pictures of `cargo xtask shots`: the same demo as the specs have, looked at in four ways.
import config from "./playwright.config.mjs";

const sizes = [{ width: 390, height: 844 }, { width: 1280, height: 800 }];
const ways = ["en", "fr"].flatMap((lang) => sizes.map((viewport) => ({ lang, viewport })));

export default {
  ...config,
  testMatch: /shots\.mjs/,
  projects: ways.map(({ lang, viewport }) => ({
    name: `${viewport.width} ${lang}`,
    metadata: { lang },
    use: { viewport, hasTouch: viewport.width < 600 },
  })).concat([{ name: "mails", testMatch: /mail\.spec\.mjs/ }]),
};
