/*
 * The end of app.js, in the place of what wasm-bindgen writes there: it starts the app, and keeps
 * what breaks in it away from the page.
 *
 * Whatever the browser calls in WebAssembly goes through here. After a trap the app's memory is not
 * to be trusted: nothing in it runs again, what it drew goes, what the shop wrote inside our elements
 * shows again, and the loader hears of it. It may start another app, once.
 */
const LOCALES = /*habitue:locales*/ {} /*habitue:end*/;
const hosts = new Set();
let wasm;

// The page behind the panel stays where it is: by a sheet of ours, so that nothing the page says of
// itself is lost, and with the width of its scroll bar kept free, so that nothing moves.
const still = new CSSStyleSheet();
const lock = (isOpen) => {
  const sheets = document.adoptedStyleSheets.filter((sheet) => sheet != still);
  if (isOpen) {
    const bar = innerWidth - document.documentElement.clientWidth;
    still.replaceSync(`:root{overflow:hidden!important;padding-inline-end:${bar}px!important}`);
    sheets.push(still);
  }
  document.adoptedStyleSheets = sheets;
};

const texts = async ({ base, file }) => {
  const ask = (integrity) => fetch(base + file + ".json", { credentials: "omit", integrity });
  try {
    return await (await ask(LOCALES[file] || "")).json();
  } catch (_) {
    // The browser does not say whether it got nothing or the wrong bytes: asking again does.
    throw await ask("").then((reply) => reply.ok, () => 0) ? "integrity" : "network";
  }
};

/** A server may take a request and never answer: nothing is waited for without an end. */
const soon = (promise) => {
  const first = Promise.race([
    promise, new Promise((_, no) => setTimeout(no, 7e3, "network")),
  ]);
  // Whoever asked may have given up for another reason, and then nobody hears of this one.
  first.catch(() => 0);
  return first;
};

/** Starts the app: `reply` brings the WebAssembly, `env` is what the loader hands over. */
export default async (reply, env) => {
  const { token, program, seed } = env;
  env.lock = lock;
  env.token = () => soon(token());
  env.program = () => soon(program());
  env.seed = seed && soon(seed);
  env.texts = await texts(env);
  const { instance } = await WebAssembly.instantiate(await reply.arrayBuffer(), __wbg_get_imports());
  let isBroken;
  const guard = (call) => (...given) => {
    // Nothing, for callers who expect a number and for those who expect several.
    if (isBroken) return [];
    try {
      return call(...given);
    } catch (_) {
      isBroken = 1;
      lock();
      hosts.forEach((host) => {
        host.at = 0;
        host.shadowRoot.replaceChildren(document.createElement("slot"));
      });
      env.broken();
      hosts.forEach((host) => host.fill());
      return [];
    }
  };
  wasm = {};
  for (const name in instance.exports) {
    const it = instance.exports[name];
    wasm[name] = it.call ? guard(it) : it;
  }
  wasm.__wbindgen_start();
  start(env);
  if (isBroken) throw isBroken;
};

/** An element of ours is to be drawn into. */
export const place = (root, host, kind) => {
  root.replaceChildren();
  hosts.add(host);
  host.at = mount(root, host, kind);
};

/** An element of ours left the page. */
export const leave = (host) => {
  hosts.delete(host);
  unmount(host.at);
  host.at = 0;
};

/** `Habitue.set(…)`: other settings, and other texts where the locale is another. */
export const change = async (env) => {
  env.texts = env.anew && await texts(env).catch(() => 0);
  set(env);
};
