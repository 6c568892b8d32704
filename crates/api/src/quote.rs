//! `POST /v1/quotes`: what a cart costs with the codes and points asked for.

use habitue_domain::cart::{Cart, Line};
use habitue_domain::money::Currency;
use habitue_domain::promotion::Promotion;
use habitue_domain::quote::{Asked, Quote};
use habitue_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// A cart as the shop prices it. Amounts are minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CartRequest {
    /// ISO 4217.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "EUR"))]
    pub currency: Currency,
    /// 1 to 500 lines.
    pub lines: Vec<Line>,
    /// 0 while unknown.
    #[serde(default)]
    pub shipping: i64,
    /// The channel of the shop it was filled in, such as `app`, where a promotion asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

impl CartRequest {
    /// The cart within bounds.
    ///
    /// # Errors
    /// [`Refusal::OutOfBounds`] naming the field below `cart.`.
    pub fn check(self) -> Result<Cart, Refusal> {
        let cart = Cart::new(self.currency, self.lines, self.shipping);
        let cart = cart.and_then(|cart| cart.in_channel(self.channel));
        cart.map_err(|refusal| match refusal {
            Refusal::OutOfBounds { field } => Refusal::out_of_bounds(format!("cart.{field}")),
            other => other,
        })
    }
}

/// A cart and what is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuoteRequest {
    /// The cart.
    pub cart: CartRequest,
    /// Codes, points and credit.
    #[serde(default)]
    pub asked: Asked,
    /// With a secret key: the shop's customer it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// The price, status 200 also where everything was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuoteReply {
    /// The price and an answer for each thing asked for.
    pub quote: Quote,
    /// The public facts of the promotions behind the codes, so that a further preview needs no
    /// server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promotions: Vec<Promotion>,
}
