//! Colours: three are given (accent, foreground, background), all others follow, and text keeps a
//! contrast of 4.5 whatever the shop picks (WCAG 1.4.3; 3.0 for bars and fields, 1.4.11). Computed
//! here because the oldest browsers we support have no `color-mix`.
//!
//! What a shop may set in its CSS, on any element around ours or on `:root`:
//!
//! | property | meaning |
//! |---|---|
//! | `--habitue-accent` | the shop's colour |
//! | `--habitue-on-accent` | text on it (else, or where it cannot be read, black or white) |
//! | `--habitue-bg`, `--habitue-fg` | ground and text (else the page's, or the panel's own) |
//! | `--habitue-muted`, `--habitue-border`, `--habitue-focus` | quiet text, hairlines, rings |
//! | `--habitue-radius` | of cards; sheet and buttons follow |
//! | `--habitue-font` | else the shop's own font |
//! | `--habitue-panel-width`, `--habitue-offset`, `--habitue-z` | where the panel and launcher are |

use crate::ui::is_true;
use web_sys::{CssStyleDeclaration, Element, HtmlElement};

/// A little above 4.5 and 3.0: [`Rgb::luminance`] is off by up to half a percent.
const TEXT: f32 = 4.65;
const SHAPE: f32 = 3.1;

const DEFAULT_ACCENT: Rgb = Rgb(15, 107, 92);
const WHITE: Rgb = Rgb(255, 255, 255);
const BLACK: Rgb = Rgb(0, 0, 0);
/// What the panel is made of on a light page and on a dark one.
const LIGHT: (Rgb, Rgb) = (Rgb(22, 24, 29), WHITE);
const DARK: (Rgb, Rgb) = (Rgb(242, 241, 238), Rgb(21, 23, 28));
const BAD: Rgb = Rgb(179, 38, 30);
/// What comes off is not said in the accent: a red brand would make it look like a refusal.
const GOOD: Rgb = Rgb(24, 112, 66);

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb(u8, u8, u8);

impl Rgb {
    /// Reads `#abc`, `#aabbcc`, `rgb(1, 2, 3)` and `rgba(…)` that is not see-through: what
    /// `getComputedStyle` and merchants write.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(digits) = text.strip_prefix('#') {
            let number = u32::from_str_radix(digits, 16).ok()?;
            let [_, r, g, b] = number.to_be_bytes();
            return match digits.len() {
                6 => Some(Self(r, g, b)),
                3 => Some(Self((g & 15) * 17, (b >> 4) * 17, (b & 15) * 17)),
                _ => None,
            };
        }
        let inner = text.strip_prefix("rgb")?.trim_start_matches('a').strip_prefix('(')?;
        let mut parts = inner.split([',', ' ', '/', ')']).filter(|part| !part.is_empty());
        // A fraction, as in `rgb(15.5 …)`, is less than an eye can see.
        let mut part = || parts.next()?.split('.').next()?.parse().ok();
        let colour = Self(part()?, part()?, part()?);
        let clear = parts.next().is_some_and(|alpha| alpha.starts_with('0'));
        (!clear).then_some(colour)
    }

    /// `percent` of `self`, the rest of `other`.
    fn over(self, other: Self, percent: u16) -> Self {
        let mix = |one: u8, two: u8| {
            let sum = u16::from(one) * percent + u16::from(two) * (100 - percent) + 50;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Relative luminance. The curve of sRGB by a polynomial (Chilliant, "sRGB approximations for
    /// HLSL"), because `powf` is not in the core of WebAssembly.
    fn luminance(self) -> f32 {
        let linear = |part: u8| {
            let c = f32::from(part) / 255.0;
            c * (c * (c * 0.305_306_01 + 0.682_171_1) + 0.012_522_88)
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    fn contrast(self, other: Self) -> f32 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The first colour from `self` towards `end` that stands out enough on every ground.
    fn readable(self, end: Self, grounds: &[Self], least: f32) -> Self {
        let stands_out =
            |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= least);
        (0..=25).map(|step| end.over(self, step * 4)).find(stands_out).unwrap_or(end)
    }

    fn is_dark(self) -> bool {
        self.luminance() < 0.18
    }

    fn css(self) -> String {
        let mut text = "#".to_owned();
        for part in [self.0, self.1, self.2] {
            for digit in [part >> 4, part & 15] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text
    }
}

/// The colours of one root, by the names that `style/tokens.css` uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Palette {
    bg: Rgb,
    fg: Rgb,
    accent: Rgb,
    on_accent: Rgb,
    /// Fields, bars and rings in the accent.
    bar: Rgb,
    /// Text in the accent.
    link: Rgb,
    tint: Rgb,
    raise: Rgb,
    line: Rgb,
    /// Borders of what can be pressed or filled in.
    edge: Rgb,
    muted: Rgb,
    bad: Rgb,
    good: Rgb,
}

impl Palette {
    fn new(accent: Rgb, fg: Rgb, bg: Rgb) -> Self {
        let end = if bg.is_dark() { WHITE } else { BLACK };
        let fg = fg.readable(end, &[bg], 7.0);
        let raise = fg.over(bg, 4);
        let tint = accent.over(bg, 9);
        let line = fg.over(bg, 12);
        // A brand's own colour fills buttons; only where it would drown in the page it gives way.
        let fill = accent.readable(end, &[bg], 1.35);
        let on_accent = if WHITE.contrast(fill) >= TEXT { WHITE } else { BLACK };
        let grounds = [bg, raise, tint];
        Self {
            bg,
            fg,
            accent: fill,
            on_accent,
            bar: accent.readable(end, &[bg, line], SHAPE),
            link: fg.over(accent, 12).readable(end, &grounds, TEXT),
            tint,
            raise,
            line,
            edge: fg.over(bg, 40).readable(fg, &[bg], SHAPE),
            muted: fg.over(bg, 62).readable(fg, &grounds, TEXT),
            bad: BAD.readable(end, &grounds, TEXT),
            good: GOOD.readable(end, &grounds, TEXT),
        }
    }

    const fn named(&self) -> [(&'static str, Rgb); 13] {
        [
            ("--bg", self.bg),
            ("--fg", self.fg),
            ("--accent", self.accent),
            ("--on-accent", self.on_accent),
            ("--bar", self.bar),
            ("--link", self.link),
            ("--tint", self.tint),
            ("--raise", self.raise),
            ("--line", self.line),
            ("--edge", self.edge),
            ("--muted", self.muted),
            ("--bad", self.bad),
            ("--good", self.good),
        ]
    }
}

fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    web_sys::window()?.get_computed_style(element).ok()?
}

fn property(element: &Element, name: &str) -> Option<Rgb> {
    Rgb::parse(&style_of(element)?.get_property_value(name).ok()?)
}

/// A colour in the words of a merchant. What we do not read ourselves, such as `tomato` or
/// `hsl(…)`, the browser turns into `rgb(…)` on an element of ours.
fn resolve(root: &HtmlElement, text: &str) -> Option<Rgb> {
    Rgb::parse(text).or_else(|| {
        let style = root.style();
        style.set_property("color", text).ok()?;
        let is_colour = !style.get_property_value("color").ok()?.is_empty();
        let colour = property(root, "color");
        drop(style.remove_property("color"));
        colour.filter(|_| is_colour)
    })
}

/// The colour behind an element: its own background or that of the nearest one that has any.
fn ground_of(element: &Element) -> Option<Rgb> {
    let mut at = Some(element.clone());
    while let Some(element) = at {
        if let Some(colour) = property(&element, "background-color") {
            return Some(colour);
        }
        at = element.parent_element();
    }
    None
}

/// Whether the browser paints the bare page dark: its style says it may, and the shopper wants it.
fn canvas_is_dark(element: &Element) -> bool {
    let scheme = style_of(element).and_then(|style| style.get_property_value("color-scheme").ok());
    let scheme = scheme.unwrap_or_default();
    let says = |name: &str| scheme.split(' ').any(|word| word == name);
    says("dark") && (!says("light") || is_true("(prefers-color-scheme:dark)"))
}

/// Computes the colours for `host` and writes them on `root`, the element that holds all of ours.
///
/// `theme` is `light`, `dark`, or else what the page around the host is. The panel is a sheet of
/// its own; what stands in the page takes the page's own colours (`in_page`).
pub fn dress(
    host: &HtmlElement,
    root: &HtmlElement,
    theme: Option<&str>,
    accent: Option<&str>,
    in_page: bool,
) {
    let ground = ground_of(host);
    let dark = match theme {
        Some("dark") => true,
        Some("light") => false,
        _ => ground.map_or_else(|| canvas_is_dark(host), Rgb::is_dark),
    };
    let (mut fg, mut bg) = if dark { DARK } else { LIGHT };
    let follows = !matches!(theme, Some("dark" | "light"));
    if let Some(ground) = ground.filter(|_| in_page && follows) {
        bg = ground;
        fg = property(host, "color").unwrap_or(fg);
    }
    let said = style_of(host);
    let said = |name: &str| {
        let text = said.as_ref()?.get_property_value(name).ok()?;
        resolve(root, text.trim())
    };
    bg = said("--habitue-bg").unwrap_or(bg);
    fg = said("--habitue-fg").unwrap_or(fg);
    let accent = said("--habitue-accent").or_else(|| resolve(root, accent?));
    let mut palette = Palette::new(accent.unwrap_or(DEFAULT_ACCENT), fg, bg);
    // The shop's choice, unless nobody could read it.
    let on_accent = said("--habitue-on-accent");
    if let Some(on_accent) = on_accent.filter(|it| it.contrast(palette.accent) >= TEXT) {
        palette.on_accent = on_accent;
    }
    let style = root.style();
    for (name, colour) in palette.named() {
        drop(style.set_property(name, &colour.css()));
    }
    let scheme = if bg.is_dark() { "dark" } else { "light" };
    drop(style.set_property("color-scheme", scheme));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of WCAG 2.2, without our polynomial.
    fn exact(one: Rgb, two: Rgb) -> f64 {
        let linear = |part: u8| {
            let c = f64::from(part) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |c: Rgb| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
        let (one, two) = (luminance(one), luminance(two));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// 200 colours spread over the cube, the same on every run.
    fn accents() -> impl Iterator<Item = Rgb> {
        (0_u32..200).map(|place| {
            let [_, r, g, b] = place.wrapping_mul(2_654_435_761).to_be_bytes();
            Rgb(r, g, b)
        })
    }

    #[test]
    fn any_accent_stays_readable_on_light_and_on_dark() {
        let corners = [WHITE, BLACK, Rgb(255, 255, 0), Rgb(0, 0, 255), Rgb(128, 128, 128)];
        for accent in accents().chain(corners) {
            for (fg, bg) in [LIGHT, DARK, (BLACK, Rgb(244, 239, 230)), (WHITE, BLACK)] {
                let p = Palette::new(accent, fg, bg);
                for ground in [p.bg, p.raise, p.tint] {
                    for text in [p.fg, p.muted, p.link, p.bad, p.good] {
                        assert!(exact(text, ground) >= 4.5, "{accent:?} {text:?} {ground:?}");
                    }
                }
                assert!(exact(p.on_accent, p.accent) >= 4.5, "{accent:?} on {:?}", p.accent);
                assert!(exact(p.bar, p.bg) >= 3.0, "{accent:?} bar");
                assert!(exact(p.bar, p.line) >= 3.0, "{accent:?} bar on its track");
                assert!(exact(p.edge, p.bg) >= 3.0, "{accent:?} edge");
            }
        }
    }

    #[test]
    fn a_readable_brand_colour_is_left_alone() {
        let accent = Rgb::parse("#0f6b5c").unwrap();
        let palette = Palette::new(accent, LIGHT.0, LIGHT.1);
        assert_eq!(palette.accent, accent);
        assert_eq!(palette.bar, accent);
        assert_eq!(palette.on_accent, WHITE);
    }

    #[test]
    fn colours_are_read_as_browsers_and_merchants_write_them() {
        assert_eq!(Rgb::parse("#7a1fa2"), Some(Rgb(0x7a, 0x1f, 0xa2)));
        assert_eq!(Rgb::parse("#fa0"), Some(Rgb(255, 170, 0)));
        assert_eq!(Rgb::parse("rgb(15, 107, 92)"), Some(Rgb(15, 107, 92)));
        assert_eq!(Rgb::parse("rgb(15.4 107 92 / 1)"), Some(Rgb(15, 107, 92)));
        assert_eq!(Rgb::parse("rgba(0, 0, 0, 0)"), None);
        assert_eq!(Rgb::parse("rgba(0, 0, 0, 0.4)"), None);
        assert_eq!(Rgb::parse("tomato"), None);
        assert_eq!(Rgb(15, 107, 92).css(), "#0f6b5c");
    }
}
