/*
 * The shop's own script: small comforts, and the three things a page does for Habitué.
 *
 *   1. tells the widget what is in the cart        Habitue.cart({currency, lines, shipping})
 *   2. hears what the shopper redeems or takes back  habitue:redeem, habitue:release
 *   3. tells it when somebody logs out             Habitue.logout()
 *
 * Everything works without this file, except points and codes.
 */
"use strict";

const find = (selector, root = document) => root.querySelector(selector);

/** Habitué's script tag: it may come before us or after. */
const loader = find('script[src$="/v1/habitue.js"]');

/** Sends a form's fields (or some of our own) and gives the answer's figures. */
const post = async (action, fields) => {
  const body = new URLSearchParams(fields);
  if (!body.has("csrf")) body.set("csrf", find("[name=csrf]").value);
  const reply = await fetch(action, {
    method: "POST",
    body,
    headers: { accept: "application/json" },
  });
  if (!reply.ok) throw new Error(`${action} answered ${reply.status}`);
  return reply.json();
};

/** Says something for some seconds: an empty live region that fills is read out. */
let silence;
const say = (words, trouble = false) => {
  const notice = find("#notice");
  // What the page came with stood in its flow: that room stays, so that nothing jumps.
  if (notice.textContent && !notice.classList.contains("toast")) {
    const room = document.createElement("div");
    room.style.height = `${notice.offsetHeight}px`;
    notice.before(room);
  }
  notice.textContent = words || "";
  notice.classList.toggle("trouble", trouble);
  notice.classList.add("toast");
  clearTimeout(silence);
  silence = setTimeout(() => { notice.textContent = ""; }, 6000);
};

/* ── Cart ── */

for (const form of document.querySelectorAll("form[data-add]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = find("button", form);
    button.disabled = true;
    try {
      const { count, label, notice } = await post(form.action, new FormData(form));
      find("[data-cart-count]").textContent = count;
      find("[data-cart-link]").setAttribute("aria-label", label);
      say(notice);
    } catch {
      form.submit();
    } finally {
      button.disabled = false;
    }
  });
}

for (const form of document.querySelectorAll("form[data-quantity]")) {
  form.addEventListener("change", () => form.requestSubmit(find("[data-update]", form)));
}

/* ── Checkout ── */

const checkout = find("[data-checkout]");

/** What the widget prices, as its API takes it. Told again whenever the loader comes to life. */
let cart = checkout && JSON.parse(checkout.dataset.cart);
const tellCart = () => {
  if (cart && window.Habitue && window.Habitue.cart) window.Habitue.cart(cart);
};

/** Draws the summary anew. The figures are the server's; nothing is computed here. */
const show = (summary) => {
  if (summary.reload) return location.reload();
  const rows = summary.rows.map(([what, amount, kind]) => {
    const row = document.createElement("div");
    const [name, value] = [document.createElement("dt"), document.createElement("dd")];
    row.className = kind;
    name.textContent = what;
    value.textContent = amount;
    row.append(name, value);
    return row;
  });
  find("[data-rows]").replaceChildren(...rows);
  find("[data-total]").textContent = summary.total;
  const form = find("form[data-pay]");
  find("button", form).textContent = summary.pay;
  find("[name=to_pay]", form).value = summary.to_pay;
  find("[data-cards]", form).hidden = summary.to_pay === 0;
  find("[data-covered]", form).hidden = summary.to_pay !== 0;
  find("[name=order]", form).value = summary.order;
  const redeem = find("habitue-redeem");
  for (const name of ["amount", "hold", "saved"]) {
    if (summary[name]) redeem.setAttribute(name, summary[name]);
    else redeem.removeAttribute(name);
  }
  if (summary.notice) say(summary.notice, true);
  if (JSON.stringify(cart) !== JSON.stringify(summary.cart)) {
    cart = summary.cart;
    tellCart();
  }
};

/** One change after the other: the last answer shown is the last thing asked. */
let queue = Promise.resolve();
const change = (action, fields) => {
  const next = queue.then(() => post(action, fields)).then(show);
  queue = next.catch(() => {});
  return next;
};

if (checkout) {
  document.addEventListener("habitue:ready", tellCart);
  tellCart();
  loader.addEventListener("load", tellCart);

  // The shopper has redeemed something. If our back end cannot keep the hold, the promise is
  // rejected: the widget gives it back and tells them.
  document.addEventListener("habitue:redeem", ({ detail }) => {
    const kept = change("/cart/hold", { hold: detail.hold });
    if (detail.respondWith) detail.respondWith(kept);
    else kept.catch(() => {});
  });
  document.addEventListener("habitue:release", () => {
    change("/cart/hold", { hold: "" }).catch(() => location.reload());
  });

  // It will not come: the room kept for it is not needed. Where the widget stands it says by itself
  // what is wrong, and a retry may still need the room.
  const giveUp = () => {
    const redeem = find("habitue-redeem");
    if (!redeem.shadowRoot) redeem.removeAttribute("data-choice");
  };
  document.addEventListener("habitue:error", giveUp);
  loader.addEventListener("error", giveUp);

  const shipping = find("form[data-shipping]");
  shipping.addEventListener("change", () => {
    change(shipping.action, new FormData(shipping)).catch(() => shipping.submit());
  });

  // A second press is harmless (the order's number is in the form) but says nothing new.
  const pay = find("form[data-pay]");
  pay.addEventListener("submit", () => {
    setTimeout(() => { find("button", pay).disabled = true; });
  });
  addEventListener("pageshow", () => { find("button", pay).disabled = false; });
}

/* ── Account ── */

const logout = find("form[data-logout]");
if (logout) {
  logout.addEventListener("submit", (event) => {
    if (!window.Habitue || !window.Habitue.logout) return;
    event.preventDefault();
    const patience = new Promise((done) => { setTimeout(done, 1000); });
    Promise.race([window.Habitue.logout(), patience]).finally(() => logout.submit());
  });
}

for (const button of document.querySelectorAll("[data-open]")) {
  const ready = () => { button.hidden = !(window.Habitue && window.Habitue.open); };
  ready();
  loader.addEventListener("load", ready);
  button.addEventListener("click", () => window.Habitue.open(button.dataset.open));
}
