//! What the shop says, in English and French. A sentence missing in one is a compile error.

mod en;
mod fr;

/// The languages the shop speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// Both, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The tag: `lang` on the page, `data-locale` for the widget.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// Its own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Fr => "Français",
        }
    }

    /// The language with this tag, if we speak it.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.tag() == tag)
    }

    /// Its sentences.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::Fr => &fr::TEXTS,
        }
    }
}

/// Every sentence; `{}` stands where something is filled in.
#[derive(Debug)]
pub struct Texts {
    // The frame of every page.
    pub tagline: &'static str,
    pub skip: &'static str,
    pub menu: &'static str,
    pub all_records: &'static str,
    pub cart: &'static str,
    pub cart_of: &'static str,
    pub log_in: &'static str,
    pub log_out: &'static str,
    pub my_orders: &'static str,
    pub language: &'static str,
    pub currency: &'static str,
    pub about: &'static str,
    // Catalogue and product.
    pub headline: &'static str,
    pub subline: &'static str,
    pub sale: &'static str,
    pub was: &'static str,
    pub cover_of: &'static str,
    pub quantity: &'static str,
    pub add: &'static str,
    pub added: &'static str,
    pub earn_before: &'static str,
    pub points: &'static str,
    pub pressing: &'static str,
    pub more_of: &'static str,
    // Cart.
    pub cart_empty: &'static str,
    pub browse: &'static str,
    pub update: &'static str,
    pub remove: &'static str,
    pub goods: &'static str,
    pub to_checkout: &'static str,
    // Login.
    pub login_lead: &'static str,
    pub regulars: &'static str,
    pub regulars_lead: &'static str,
    pub newcomers: &'static str,
    pub newcomers_lead: &'static str,
    pub collectors: &'static str,
    pub collectors_lead: &'static str,
    pub recommended: &'static str,
    pub customer_line: &'static str,
    pub gift_line: &'static str,
    pub free_card: &'static str,
    pub one_order: &'static str,
    pub any_customer: &'static str,
    pub customer_number: &'static str,
    pub unknown_customer: &'static str,
    // Checkout.
    pub checkout: &'static str,
    pub delivery: &'static str,
    pub standard: &'static str,
    pub standard_lead: &'static str,
    pub express: &'static str,
    pub express_lead: &'static str,
    pub choose: &'static str,
    pub rewards: &'static str,
    pub rewards_fallback: &'static str,
    pub guest_lead: &'static str,
    pub guest_applied: &'static str,
    pub email: &'static str,
    pub code: &'static str,
    pub apply: &'static str,
    pub payment: &'static str,
    pub payment_lead: &'static str,
    pub card_works: &'static str,
    pub card_declined: &'static str,
    pub summary: &'static str,
    pub shipping: &'static str,
    pub total: &'static str,
    pub pay: &'static str,
    pub by_points: &'static str,
    pub by_itself: &'static str,
    pub costs: &'static str,
    pub gift_card: &'static str,
    pub credit: &'static str,
    pub pay_nothing: &'static str,
    pub covered: &'static str,
    // Orders.
    pub thanks: &'static str,
    pub order: &'static str,
    pub paid_line: &'static str,
    pub paid: &'static str,
    pub saved_line: &'static str,
    pub points_to_come: &'static str,
    pub points_later: &'static str,
    pub points_none: &'static str,
    pub points_for_members: &'static str,
    pub points_guest: &'static str,
    pub see_points: &'static str,
    pub join: &'static str,
    pub no_orders: &'static str,
    pub orders_lead: &'static str,
    pub state_paid: &'static str,
    pub state_cancelled: &'static str,
    pub points_given: &'static str,
    pub points_used: &'static str,
    pub credit_given: &'static str,
    pub cancel: &'static str,
    pub cancelled: &'static str,
    pub covered_line: &'static str,
    pub state_returned: &'static str,
    pub state_partly: &'static str,
    pub pieces_back: &'static str,
    pub refunded: &'static str,
    pub card: &'static str,
    pub points_back: &'static str,
    pub give_back: &'static str,
    pub of_pieces: &'static str,
    pub give_back_these: &'static str,
    pub returned: &'static str,
    pub no_pieces: &'static str,
    // What went otherwise.
    pub discount_unavailable: &'static str,
    pub hold_over: &'static str,
    pub price_changed: &'static str,
    pub declined: &'static str,
    pub declined_held: &'static str,
    pub code_refused: &'static str,
    pub used_up: &'static str,
    pub used_up_for_member: &'static str,
    pub expired: &'static str,
    pub below_minimum: &'static str,
    pub not_enough_points: &'static str,
    pub code_unknown: &'static str,
    pub login_required: &'static str,
    pub not_found: &'static str,
    pub not_found_lead: &'static str,
    pub stale_form: &'static str,
    pub stale_form_lead: &'static str,
    pub failed: &'static str,
    pub back: &'static str,
}

/// The sentence with `what` in the place of its `{}`.
pub fn with(sentence: &str, what: impl std::fmt::Display) -> String {
    sentence.replacen("{}", &what.to_string(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_fill_in_the_same_things() {
        let blanks = |texts: &Texts| {
            let shown = format!("{texts:?}");
            shown.split("\", ").map(|field| field.matches("{}").count()).collect::<Vec<_>>()
        };
        assert_eq!(blanks(Lang::En.texts()), blanks(Lang::Fr.texts()));
    }

    #[test]
    fn a_blank_is_filled_once() {
        assert_eq!(with("Pay {}", "$3.00"), "Pay $3.00");
        assert_eq!(with(&with("{} and {}", 1), 2), "1 and 2");
    }
}
