//! What the loader hands over, and what the shop's page says of its cart.

use habitue_domain::cart::{Cart, Line};
use habitue_domain::coupon::CouponCode;
use habitue_domain::money::{Currency, parse_decimal};
use js_sys::{Promise, Reflect};
use serde::Deserialize;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The object that `public/habitue.js` passes to [`crate::embed::start`].
    #[derive(Clone)]
    pub type Env;

    /// Asks the shop for a token; `null` where nobody is signed in.
    #[wasm_bindgen(method, catch)]
    pub fn token(this: &Env) -> Result<Promise, JsValue>;
    /// The program's card, fetched once for the loader and us.
    #[wasm_bindgen(method, catch)]
    pub fn program(this: &Env) -> Result<Promise, JsValue>;
    /// Keeps the page behind the panel where it is, or lets it go.
    #[wasm_bindgen(method, catch)]
    pub fn lock(this: &Env, is_open: bool) -> Result<(), JsValue>;
    /// Fires `habitue:<type>`; `false` where the page cancelled it.
    #[wasm_bindgen(method, catch)]
    pub fn emit(
        this: &Env,
        kind: &str,
        detail: &JsValue,
        element: &JsValue,
    ) -> Result<JsValue, JsValue>;
}

impl Env {
    /// One of its values. A getter for each would be an import of its own.
    fn value(&self, name: &str) -> JsValue {
        Reflect::get(self, &name.into()).unwrap_or(JsValue::UNDEFINED)
    }

    fn word(&self, name: &str) -> Option<String> {
        self.value(name).as_string()
    }

    /// Where the server is, with a slash at the end.
    pub fn host(&self) -> String {
        self.word("host").unwrap_or_default()
    }

    /// The shop's public key.
    pub fn key(&self) -> String {
        self.word("key").unwrap_or_default()
    }

    /// The locale of the texts, such as `fr-CA`.
    pub fn locale(&self) -> String {
        self.word("locale").unwrap_or_default()
    }

    /// The texts: the document of `public/locales`.
    pub fn texts(&self) -> JsValue {
        self.value("texts")
    }

    /// The cart as `Habitue.cart` got it, if it did.
    pub fn cart(&self) -> JsValue {
        self.value("cart")
    }

    /// A session that the loader began already, if it did.
    pub fn seed(&self) -> JsValue {
        self.value("seed")
    }
}

thread_local! {
    static ENV: RefCell<Option<Env>> = const { RefCell::new(None) };
}

/// Remembers what the loader handed over.
pub fn keep(env: Env) {
    ENV.set(Some(env));
}

/// What the loader handed over; `None` before [`crate::embed::start`].
pub fn env() -> Option<Env> {
    ENV.with_borrow(Clone::clone)
}

/// What the shop may change while the page is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The currency to show worth in, where no cart says it.
    pub currency: Option<Currency>,
    /// `light`, `dark`, or else as the page is.
    pub theme: Option<String>,
    /// The shop's colour, where CSS does not say it.
    pub accent: Option<String>,
    /// Whether the panel stands at the start of the line instead of its end.
    pub at_start: bool,
    /// Where the shop signs people in.
    pub login_url: Option<String>,
}

impl Config {
    /// Reads the settings of the script tag or of `Habitue.set`.
    pub fn read(env: &Env) -> Self {
        Self {
            currency: env.word("currency").and_then(|code| code.parse().ok()),
            theme: env.word("theme"),
            accent: env.word("accent"),
            at_start: env.word("launcher").as_deref() == Some("start"),
            login_url: env.word("loginUrl"),
        }
    }
}

/// The shop's cart as `Habitue.cart` takes it: [`habitue_api::quote::CartRequest`] with what a
/// shop may leave out, and without refusing what it says besides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ShopCart {
    currency: Currency,
    #[serde(default)]
    lines: Vec<ShopLine>,
    #[serde(default)]
    shipping: i64,
    /// Codes the shopper typed into the shop's own field.
    #[serde(default)]
    pub codes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct ShopLine {
    #[serde(default)]
    id: Option<String>,
    product: String,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    brand: Option<String>,
    #[serde(default = "one")]
    quantity: i64,
    unit_price: i64,
    #[serde(default)]
    on_sale: bool,
    #[serde(default = "yes")]
    discountable: bool,
}

const fn one() -> i64 {
    1
}

const fn yes() -> bool {
    true
}

impl ShopCart {
    /// The cart within the bounds of the rules; `None` where it is empty or outside them.
    pub fn cart(&self) -> Option<Cart> {
        let line = |(place, line): (usize, &ShopLine)| Line {
            id: line.id.clone().unwrap_or_else(|| place.to_string()),
            product: line.product.clone(),
            categories: line.categories.clone(),
            brand: line.brand.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            on_sale: line.on_sale,
            discountable: line.discountable,
        };
        let lines = self.lines.iter().enumerate().map(line).collect();
        Cart::new(self.currency, lines, self.shipping).ok()
    }

    /// Those of its codes that are codes at all.
    pub fn codes(&self) -> Vec<CouponCode> {
        self.codes.iter().filter_map(|code| code.parse().ok()).collect()
    }
}

/// A cart of one line, for a shop that only says `<habitue-redeem amount="41.90" currency="EUR">`.
pub fn cart_of_amount(amount: &str, currency: Currency) -> Option<Cart> {
    let line = Line {
        id: "cart".to_owned(),
        product: "cart".to_owned(),
        categories: Vec::new(),
        brand: None,
        quantity: 1,
        unit_price: parse_decimal(amount.trim(), currency.exponent())?,
        on_sale: false,
        discountable: true,
    };
    Cart::new(currency, vec![line], 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shop_cart(json: &str) -> ShopCart {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_shop_may_leave_out_what_is_obvious_and_say_what_we_do_not_know() {
        let cart = shop_cart(
            r#"{"currency":"EUR","total":41.9,"lines":[{"product":"mug","unit_price":1999,
                "title":"Mug"},{"product":"cup","unit_price":500,"quantity":2}]}"#,
        );
        let cart = cart.cart().unwrap();
        assert_eq!(cart.goods(), 2999);
        assert_eq!(cart.lines()[1].id, "1");
        assert!(cart.lines()[0].discountable);
    }

    #[test]
    fn an_empty_cart_is_no_cart() {
        assert!(shop_cart(r#"{"currency":"EUR"}"#).cart().is_none());
    }

    #[test]
    fn an_amount_is_read_as_the_shop_prints_it() {
        let eur = "EUR".parse().unwrap();
        assert_eq!(cart_of_amount("41.90", eur).unwrap().goods(), 4190);
        assert_eq!(cart_of_amount(" 41.9", eur).unwrap().goods(), 4190);
        assert_eq!(cart_of_amount("1200", "JPY".parse().unwrap()).unwrap().goods(), 1200);
        assert!(cart_of_amount("41.905", eur).is_none());
        assert!(cart_of_amount("41,90", eur).is_none());
    }
}
