// Runs in the page, whole and alone: nothing from outside of the function reaches it.

/**
 * Dresses the widget in each accent and measures all of it that can be seen: text against the ground
 * below it, drawings, bars and the borders of what can be pressed or filled in. Gives how much was
 * measured and, in words, what fell short.
 */
export const measure = async (accents) => {
  const hosts = "habitue-launcher, habitue-panel, habitue-redeem";
  const failed = [];
  let measured = 0;

  const colour = (css) => {
    const hex = /^#(..)(..)(..)$/.exec(css.trim());
    if (hex) return [...hex.slice(1).map((pair) => parseInt(pair, 16)), 1];
    const parts = css.match(/[\d.]+/g).map(Number);
    return parts.length > 3 ? parts : [...parts, 1];
  };
  const over = ([r, g, b, a], [R, G, B]) =>
    [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (parts) => {
    const [r, g, b] = parts.slice(0, 3).map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, two) => {
    const [dark, light] = [luminance(one), luminance(two)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const around = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = around(at)) {
      const layer = colour(getComputedStyle(at).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };

  const check = (accent, what, one, two, least) => {
    measured += 1;
    const found = contrast(over(one, two), two);
    if (found < least) {
      failed.push(`${accent}: ${what}: ${found.toFixed(2)} instead of ${least} (${one} on ${two})`);
    }
  };

  const isSeen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true });
  };

  const text = (accent, element, words) => {
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    check(accent, `“${words}”`, colour(style.color), ground(element), isLarge ? 3 : 4.5);
  };

  const shapes = (accent, element) => {
    const style = getComputedStyle(element);
    const below = around(element);
    if (element.localName === "svg") {
      check(accent, `drawing in ${below.className}`, colour(style.stroke), ground(below), 3);
    }
    if (element.matches(".l")) {
      check(accent, "launcher", colour(style.color), ground(element), 4.5);
    }
    if (element.matches(".fill")) {
      check(accent, "bar on its track", colour(style.backgroundColor), ground(below), 3);
      check(accent, "bar on the page", colour(style.backgroundColor), ground(around(below)), 3);
    }
    if (element.matches(".input, .square, .offer")) {
      check(accent, `border of ${element.className}`, colour(style.borderTopColor), ground(below), 3);
    }
    if (element.matches(".slider, .input, .square, .cross")) {
      const root = getComputedStyle(element.getRootNode().querySelector(".root"));
      const ring = colour(root.getPropertyValue("--ring"));
      check(accent, `ring around ${element.className}`, ring, ground(below), 3);
      check(accent, "bar on its track", colour(root.getPropertyValue("--bar")),
        colour(root.getPropertyValue("--line")), 3);
    }
  };

  const look = (accent, root) => {
    for (const element of root.querySelectorAll("*")) {
      if (!isSeen(element)) continue;
      shapes(accent, element);
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
      const words = own.map((node) => node.data).join("").trim();
      if (words) text(accent, element, words);
      else if (element.matches(".input")) text(accent, element, `field ${element.name}`);
    }
  };

  for (const accent of accents) {
    document.documentElement.style.setProperty("--habitue-accent", accent);
    await window.Habitue.set({});
    for (const host of document.querySelectorAll(hosts)) look(accent, host.shadowRoot);
  }
  return { measured, failed: failed.slice(0, 20) };
};
