// Stands in for the server: answers `fetch` from `window.shop`, which a test fills, and writes down
// what was asked in `window.calls`. Runs inside the page of the tests, nowhere else.
window.calls = [];
window.events = [];
window.shop = {};
// Of the page's whole life: `calls` begins anew with each scene, and a bearer is never given twice.
let sessions = 0;

const eur = (minor) => ({ minor, currency: "EUR" });
const text = (en, fr) => ({ en, fr });

const program = {
  id: "prg_00000000000000000000000000000001",
  version: 1,
  name: text("Atelier Club", "Club de l’atelier"),
  locale: "en",
  terms: { version: "2026-01", url: "https://shop.example/terms" },
  pending_days: 14,
  tier_months: 12,
  tiers: [
    { id: "bronze", name: text("Bronze", "Bronze"), threshold: 0, multiplier: "1/1", privileges: [] },
    {
      id: "gold", name: text("Gold", "Or"), threshold: 1500, multiplier: "3/2",
      privileges: [{ kind: "gift", text: text("A birthday gift", "Un cadeau d’anniversaire") }],
    },
  ],
  rates: [{ currency: "EUR", num: 1, den: 100 }],
};

const promotions = [
  {
    id: "spring", name: text("Spring", "Printemps"), code: "SPRING10", listed: true,
    actions: [{ fixed: [eur(1000)] }], minimum: [eur(5000)],
  },
  {
    id: "once", name: text("Once", "Une fois"), code: "ONCE", listed: true,
    actions: [{ percent: { rate: "1/10" } }], uses_per_member: 1,
  },
];

const me = () => {
  const { points = 1250 } = window.shop;
  const available = window.shop.held ? points - 1000 : points;
  const member = window.shop.stranger ? {} : {
    member: {
      id: "mem_1", given_name: "Camille", joined_at: "2026-01-01T00:00:00Z", tier: "bronze",
      balance: { available, pending: 180, held: points - available, debt: 0, ripens_at: "2030-12-05T12:00:00Z" },
      worth: eur(available),
      progress: { earned: 1250, next: "gold", missing: 250 },
    },
  };
  const facts = {
    version: 1, codes_per_cart: 1, promotions,
    redeem: [{ currency: "EUR", minor_per_point: "1/1" }],
    ...(window.shop.stranger ? {} : { member: { available, debt: 0, tier: "bronze", uses: { once: 1 } } }),
  };
  if (window.shop.purse) {
    facts.member.credit = [eur(1200), { minor: 500, currency: "USD" }];
    facts.gift_cards = [
      { code: "GIFT-7K3Q-9TXW", balance: eur(2500), until: "2030-12-31T23:00:00Z" },
      { code: "GIFT-0000-0000", balance: eur(0) },
      { code: "GIFT-PAST-PAST", balance: eur(900), until: "2020-01-01T00:00:00Z" },
    ];
  }
  return { ...member, facts, now: new Date().toISOString() };
};

const rows = [
  { seq: 2, kind: "redeem", points: -500, occurred_at: "2026-11-12T10:00:00Z", order: "1038" },
  {
    seq: 1, kind: "earn", points: 180, occurred_at: "2026-10-12T10:00:00Z", order: "1017",
    paid: eur(12000), multiplier: "3/2", active_from: "2026-10-26T10:00:00Z",
  },
];

const quoted = ({ cart, asked }) => {
  const goods = cart.lines.reduce((sum, line) => sum + line.quantity * line.unit_price, 0);
  const applied = (amount, more) => ({
    Applied: { amount: eur(amount), shipping: eur(0), lines: [], ...more },
  });
  let left = goods;
  let paid = 0;
  const outcomes = [];
  for (const code of asked.codes || []) {
    const refusals = { NOSUCH: "not_found", "GIFT-GONE": "used_up" };
    const reason = refusals[code];
    if (reason) {
      outcomes.push({ item: { code }, verdict: { Refused: { reason } } });
    } else if (code.startsWith("GIFT")) {
      const amount = Math.min(2500, left - paid);
      paid += amount;
      outcomes.push({ item: { code }, verdict: applied(amount, { is_payment: true }) });
    } else {
      const amount = code === "SECRET" ? 700 : 1000;
      left -= amount;
      outcomes.push({ item: { code }, promotion: "secret", verdict: applied(amount) });
    }
  }
  if (asked.points) {
    left -= asked.points;
    outcomes.push({ item: { points: asked.points }, verdict: applied(asked.points, { points: asked.points }) });
  }
  if (asked.credit) {
    const amount = Math.min(asked.credit.minor, left - paid);
    paid += amount;
    outcomes.push({ item: { credit: asked.credit }, verdict: applied(amount, { is_payment: true }) });
  }
  return {
    goods: eur(goods), shipping: eur(0), discount: eur(goods - left), ...(paid && { paid: eur(paid) }),
    to_pay: eur(left - paid), outcomes,
  };
};

const topics = [["news", "News"], ["sales", "Sales"]];
const consents = () => ({
  program_version: window.shop.version || 1,
  privacy_url: "https://shop.example/privacy",
  email_needed: Boolean(window.shop.signedOut || window.shop.stranger),
  choices: topics.map(([topic, name], place) => ({
    purpose: "newsletter", topic, name, locale: "en", state: window.shop.news[place],
    text: `Send me ${name.toLowerCase()} by e-mail, as of version ${window.shop.version || 1}.`,
  })).concat([{ purpose: "sms", text: "Send me text messages.", locale: "en", state: "none" }]),
});

const answered = ({ give = [], withdraw = [] }) => {
  const told = (state) => ({ purpose, topic }) => {
    const place = topics.findIndex(([id]) => id === topic);
    if (place >= 0) window.shop.news[place] = state;
    return { purpose, topic, state };
  };
  return { states: [...give.map(told("pending")), ...withdraw.map(told("withdrawn"))] };
};

const replies = {
  "GET /v1/program": () => ({ ...program, consent: Boolean(window.shop.news) }),
  "GET /v1/consents": consents,
  "POST /v1/consents": answered,
  "POST /v1/session": () => ({
    session: "ses_" + ++sessions, expires_at: "2030-01-01T00:00:00Z", me: me(),
  }),
  "DELETE /v1/session": () => null,
  "GET /v1/me": me,
  "POST /v1/me/join": () => { window.shop.stranger = false; return me(); },
  "GET /v1/me/history": (_, url) => (window.shop.empty ? { rows: [] }
    : url.searchParams.get("before") ? { rows: [rows[1]] } : { rows: [rows[0]], next: 2 }),
  "POST /v1/quotes": (body) => ({ quote: quoted(body) }),
  "POST /v1/holds": (body) => {
    window.shop.held = true;
    return { hold: "hld_1", state: "held", expires_at: "2030-01-01T00:00:00Z", quote: quoted(body) };
  },
  "DELETE /v1/holds/hld_1": () => { window.shop.held = false; return null; },
};

window.fetch = async (address, init = {}) => {
  const url = new URL(address);
  const route = `${init.method || "GET"} ${url.pathname}`;
  const headers = init.headers || {};
  const { body: sent } = init;
  window.calls.push({ route, key: headers["idempotency-key"], bearer: headers.authorization, sent });
  const fail = (window.shop.fail || {})[route];
  if (fail === "network") throw new TypeError("Failed to fetch");
  if (fail) {
    delete window.shop.fail[route];
    const { code, ...more } = fail.code ? fail : { code: fail };
    const problem = { code, status: 401, title: code, ...more };
    return new Response(JSON.stringify(problem), { status: 401 });
  }
  const reply = replies[route];
  const body = reply && reply(init.body && JSON.parse(init.body), url);
  if (body === null) return new Response(null, { status: 204 });
  return new Response(JSON.stringify(body), { status: reply ? 200 : 404 });
};

// What the loader would hand over.
window.env = (texts, locale) => ({
  host: "https://habitue.example/", key: "pk_test", locale, texts, currency: "EUR",
  token: async () => {
    if (window.shop.noToken) throw new Error("no token");
    return window.shop.signedOut ? null : "token";
  },
  program: async () => (await window.fetch("https://habitue.example/v1/program")).json(),
  lock: (isOpen) => { window.isLocked = isOpen; },
  emit: (type, detail) => {
    window.events.push(type + " " + JSON.stringify(detail));
    if (type !== "redeem" || !window.shop.answer) return true;
    return window.shop.answer === "no" ? Promise.reject(new Error("no")) : Promise.resolve();
  },
});
