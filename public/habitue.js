/*
 * Habitué's loader: everything a shop's page fetches before its shopper wants something.
 *
 * <script async src="https://HOST/v1/habitue.js" data-key="pk_…"></script>
 *
 * Attributes of the tag
 *   data-key         the shop's public key (required)
 *   data-token-url   same-origin address answering {"token":"…"} or {"token":null}
 *   data-signed-in   somebody is signed in: the launcher may show their points without a click
 *   data-login-url   where the shop signs people in (else the event habitue:login is fired)
 *   data-locale, data-currency, data-theme="auto|light|dark", data-accent="#0f6b5c"
 *   data-launcher="end|start|off"
 *
 * Elements: <habitue-launcher>, <habitue-panel view>, <habitue-points product-id amount currency>,
 * <habitue-redeem amount currency hold saved>. What stands inside them is shown until ours can be.
 * Methods of window.Habitue: ready open close identify logout cart set on destroy. They never throw.
 * Events on document: habitue:ready identified balance open close redeem release copied login error.
 * CSS: --habitue-accent --habitue-on-accent --habitue-font --habitue-z --habitue-offset
 *      ::part(launcher) ::part(badge), and in <habitue-launcher> an element slot="launcher-icon"
 *
 * Nothing else is touched: no cookie, no storage, no global but Habitue, no request before intent.
 */
(() => {
  const PAYLOAD = /*habitue:payload*/ {base:"a/dev/",js:"",wasm:"",locales:["en","fr"]} /*habitue:end*/;
  const w = window;
  const d = document;
  const tag = d.currentScript;
  const stub = w.Habitue;
  if (!tag || stub?.ready) return;
  const HOST = new URL("..", tag.src).href;
  const BASE = HOST + PAYLOAD.base;
  const config = { ...tag.dataset };
  const late = (millis) => new Promise((_, no) => setTimeout(no, millis, "network"));
  const ask = async (url, init) => {
    const reply = await fetch(url, { credentials: "omit", ...init });
    if (reply.ok) return reply;
    throw "network";
  };
  const json = (url, init) => ask(url, init).then((reply) => reply.json());

  // app: a promise of the module; begun: the same, however long it takes; link: the page that takes
  // its place where it cannot run. rounds: how often it was fetched; traps: how often it broke.
  let app, begun, link, card, seed, panel, launcher, blocked, points, opened, cart;
  let rounds = 0, traps = 0;
  let source = config.tokenUrl &&
    (async () => (await json(config.tokenUrl, { credentials: "same-origin" })).token);

  const token = async () => (source?.call ? await source() : source) || null;

  const call = (path, body) => json(HOST + "v1/" + path, {
    method: body ? "POST" : "GET",
    body,
    headers: { authorization: "Bearer " + config.key, "content-type": "application/json" },
  });

  /** The program's card, asked once for all elements; after a failure it may be asked again. */
  const program = () => {
    if (!card) (card = call("program")).catch(() => { card = 0; });
    return card;
  };

  /** Gives `false` where the page cancelled the event, else what it passed to `respondWith`. */
  const emit = (type, detail, element) => {
    let answer;
    if (type == "redeem") detail.respondWith = (promise) => { answer = promise; };
    if (type == "balance") points = detail.points;
    opened = type == "open" || (type != "close" && opened);
    draw();
    return (element || d).dispatchEvent(new CustomEvent("habitue:" + type, {
      bubbles: true, composed: true, cancelable: true, detail,
    })) && answer;
  };

  const fail = (code) => emit("error", { code });

  // Language and region are all that counts; `fr_FR` is common, and `Intl` throws for it.
  const wanted = () => (config.locale || d.documentElement.lang || navigator.language)
    .replace("_", "-").match(/^\w?\w?(-[a-z]{2}\b)?/i)[0];
  const file = () => PAYLOAD.locales.find((it) => wanted().startsWith(it)) || "en";
  const locale = () => (wanted().startsWith(file()) ? wanted() : "en");
  const number = (value) => value.toLocaleString(locale());
  const worded = (value) => number(value) + (value == 1 ? " point" : " points");

  /** `import()` takes no integrity, so a preload checks the bytes that it then finds. */
  const preload = (href) => new Promise((done, no) => {
    const hint = d.createElement("link");
    if (!hint.relList.supports("modulepreload")) return done();
    hint.rel = "modulepreload";
    hint.integrity = PAYLOAD.js;
    hint.onload = done;
    hint.onerror = no;
    hint.href = href;
    d.head.append(hint);
  });

  /** What the app works with: `Env` in src/config.rs. `anew`: its texts are others from here on. */
  const env = (anew) => ({
    ...config, host: HOST, base: BASE, file: file(), locale: locale(), anew, cart, seed, token,
    program, emit, broken,
  });

  /** The app cannot run: a link takes the launcher's place. */
  const give = (code) => {
    app = 0;
    link = HOST + "m/" + config.key;
    fail(code);
  };

  /** It broke while it ran (public/ward.js): it may be tried once more. */
  const broken = () => {
    traps++;
    begun = 0;
    if (opened) emit("close");
    give("internal");
  };

  const start = async () => {
    // Browsers say only here that the page's policy stopped something.
    d.addEventListener("securitypolicyviolation", () => { blocked = 1; });
    if (!w.WebAssembly) throw "nowasm";
    // A module that failed or broke is run anew only under another name.
    const glue = BASE + "app.js" + (rounds++ ? "?" + rounds : "");
    const [wasm] = await Promise.all([
      ask(BASE + "app.wasm", { integrity: PAYLOAD.wasm }), preload(glue),
    ]);
    const module = await import(glue);
    await module.default(wasm, env());
    link = "";
    draw();
    return module;
  };

  /** Starts the app; where it cannot run within 8 s the launcher becomes a link. */
  const load = () => app ||= traps < 2 && Promise.race([begun ||= start(), late(8e3)]).catch(
    async (error) => {
      begun.catch(() => { begun = 0; });
      // The browser does not say whether it got nothing or the wrong bytes: asking again does.
      if (error.type || error.name == "TypeError") {
        error = await Promise.all([ask(BASE + "app.js"), ask(BASE + "app.wasm")])
          .then(() => "integrity", () => "network");
      }
      // The browser tells of what its policy stopped only after it stopped it.
      await new Promise(setTimeout);
      give(blocked ? "csp" : error.big ? error : "internal");
    },
  );

  const tell = async (what, value) => {
    try {
      const module = await app;
      // No module where it could not be had.
      return module && module[what](value);
    } catch (_) {
      fail("internal");
    }
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    ":host([place]) .l{position:fixed;z-index:var(--habitue-z,99999);margin:var(--habitue-offset,20px);inset-inline:0 auto;bottom:env(safe-area-inset-bottom)}" +
    // At the end of the line everything runs the other way: the star stays in its corner while the
    // points grow towards the page, and the browser counts no shift.
    ":host([place=end]) .l{direction:rtl}:host([place=end]:dir(rtl)) .l{direction:ltr}" +
    ".l{all:unset;display:inline-flex;align-items:center;height:44px;padding:0 10px;border:2px solid #0000;border-radius:24px;background:var(--habitue-accent,var(--a));color:var(--habitue-on-accent,var(--o));font:600 15px a;font-family:var(--habitue-font);cursor:pointer;box-shadow:0 4px 20px #0005}" +
    "i{padding:12px;background:currentColor;clip-path:path('M12 2l3 6 7 1-5 5 1 7-6-3-6 3 1-7-5-5 7-1z');forced-color-adjust:none}" +
    ".l:focus-visible{outline:2px solid var(--o);box-shadow:0 0 0 5px var(--a)}span:not(:empty){padding-inline:10px 4px}" +
    "@media print{.l{display:none}}",
  );

  const root = (element) => element.shadowRoot || element.attachShadow({ mode: "open" });

  const seen = new IntersectionObserver((entries) => {
    entries.forEach((entry) => entry.isIntersecting && entry.target.fill());
  });

  const elements = {
    /** @csspart launcher badge @cssproperty --habitue-accent --habitue-offset --habitue-z */
    launcher: class extends HTMLElement {
      connectedCallback() {
        root(this).adoptedStyleSheets = [sheet];
        this.draw();
      }

      disconnectedCallback() {
        // A single-page shop may swap the body: the launcher stays.
        if (this == launcher) setTimeout(place);
      }

      draw() {
        const kind = link ? "a" : "button";
        let face = root(this).querySelector(kind);
        if (!face) {
          face = d.createElement(kind);
          face.className = "l";
          face.part = "launcher";
          const icon = d.createElement("slot");
          const badge = d.createElement("span");
          icon.name = "launcher-icon";
          icon.append(d.createElement("i"));
          badge.part = "badge";
          face.append(icon, badge);
          if (!link) {
            face.setAttribute("aria-haspopup", "dialog");
            face.onclick = () => Habitue.open();
          }
          // Who pressed what it was stays where they were; that is no new wish.
          const had = root(this).activeElement;
          root(this).replaceChildren(face);
          if (had) face.focus();
          // A finger enters too, before it clicks.
          face.onpointerenter = face.onfocus = load;
        }
        const name = file() == "fr" ? "Fidélité" : "Rewards";
        // No points, no figure: a nought is nothing to show off.
        face.lastChild.textContent = link ? name : points ? number(points) : "";
        // Firefox reflects these as properties only since 119.
        face.setAttribute("aria-label", points != null ? name + ", " + worded(points) : name);
        if (!link) face.setAttribute("aria-expanded", !!opened);
        face.href = link;
        face.style.setProperty("--a", config.accent || "#0f6b5c");
        const [r, g, b] = getComputedStyle(face).backgroundColor.match(/\d+/g);
        // Above a luminance of 0.18 black is the easier to read (WCAG 1.4.3).
        const isLight = r ** 2.2 + g ** 2.2 * 3.4 + b ** 2.2 / 3 > 168e3;
        face.style.setProperty("--o", isLight ? "#000" : "#fff");
      }
    },

    /** ⌊minor × num ÷ den⌋ of the program's public rates: product pages never pay for the app. */
    points: class extends HTMLElement {
      // Called for each attribute that stands in the page, too.
      attributeChangedCallback() { this.draw(); }

      async draw() {
        try {
          const currency = this.getAttribute("currency") || config.currency;
          const { num, den } = (await program()).rates.find((rate) => rate.currency == currency);
          const decimals = new Intl.NumberFormat("en", { style: "currency", currency })
            .resolvedOptions().maximumFractionDigits;
          const [whole, part = ""] = this.getAttribute("amount").trim().split(".");
          if (part.length > decimals) return;
          // Anything but digits makes BigInt throw.
          const earned = BigInt(whole + part.padEnd(decimals, "0")) * BigInt(num) / BigInt(den);
          root(this).textContent = worded(earned);
        } catch (_) {
          // No rate, no amount, no network: what the shop wrote inside stays.
        }
      }
    },

    /** A place that the app draws into, once it is in view. */
    panel: class extends HTMLElement {
      connectedCallback() {
        if (this != panel) seen.observe(this);
      }

      disconnectedCallback() {
        if (this.at) tell("leave", this);
      }

      attributeChangedCallback() {
        if (this.at) tell("update", this.at);
      }

      async fill() {
        try {
          const module = await load();
          if (module && this.isConnected && !this.at) {
            module.place(root(this), this, this == panel ? "dialog" : this.localName);
          }
        } catch (_) {
          fail("internal");
        }
      }
    },
  };
  elements.redeem = class extends elements.panel {};

  const draw = () => {
    d.querySelectorAll("habitue-launcher,habitue-points").forEach((it) => it.draw?.());
  };

  const place = () => {
    if (config.launcher == "off" || d.querySelector("habitue-launcher")) return;
    launcher ||= d.createElement("habitue-launcher");
    launcher.setAttribute("place", config.launcher || "end");
    d.body.append(launcher);
  };

  const Habitue = w.Habitue = {
    ready: Promise.resolve(),

    /** Calls `listener(event)` for each `habitue:type`; gives a function that ends it. */
    on(type, listener) {
      d.addEventListener("habitue:" + type, listener);
      return () => d.removeEventListener("habitue:" + type, listener);
    },

    /** Opens the panel, at `home coupon tier history redeem` or where it was. */
    async open(view) {
      panel ||= d.createElement("habitue-panel");
      // A single-page shop may have dropped it with its body.
      if (!panel.isConnected) d.body.append(panel);
      await panel.fill();
      return tell("open", view);
    },

    close: () => tell("close"),

    /** Somebody signed in: a token, or a function that gives one (and is asked again later). */
    identify(it) {
      source = it;
      seed = null;
      return tell("identify");
    },
    async logout() {
      source = seed = points = null;
      draw();
      return tell("logout");
    },
    /** What the shopper is about to buy: {currency, lines, shipping, codes}, minor units. */
    cart(it) {
      cart = it;
      return tell("cart", it);
    },
    /** Changes locale, currency, theme or accent. */
    async set(it = {}) {
      Object.assign(config, it);
      draw();
      return app && tell("change", env(it.locale));
    },
    async destroy() {
      config.launcher = "off";
      await tell("close");
      launcher?.remove();
      panel?.remove();
    },
  };

  // Not by `in`: a page may have given every object a property more.
  Object.keys(elements).forEach((name) => {
    elements[name].observedAttributes = ["view", "amount", "currency", "hold", "saved"];
    customElements.define("habitue-" + name, elements[name]);
  });
  // The page's colours change with the shopper's wish, and ours follow them.
  matchMedia("(prefers-color-scheme:dark)").onchange = () => Habitue.set();
  // On a small screen it gives way to a keyboard, and to the field that is written in.
  ["in", "out"].forEach((way) => d.addEventListener("focus" + way, (event) => {
    if (launcher) {
      launcher.hidden = way == "in" && w.innerWidth < 600 &&
        /^(te|em|nu|pa|se|ur)/.test(event.composedPath()[0].type);
    }
  }));
  d.body ? place() : d.addEventListener("DOMContentLoaded", place);
  if ("signedIn" in config) {
    (w.requestIdleCallback || setTimeout)(() => {
      seed = (async () => {
        const it = await token();
        const reply = it && await call("session", JSON.stringify({ token: it }));
        const member = reply?.me.member;
        if (member) emit("balance", { points: member.balance.available, tier: member.tier });
        return reply;
      })().catch(() => null);
    });
  }
  for (const [name, value] of stub?.q || []) Habitue[name]?.(value);
  emit("ready");
})();
