//! [`Shop`]: everything the pages share.

use anyhow::{Context, Result, ensure};
use reqwest::Url;

use crate::config::ShopFile;
use crate::customer::Customers;
use crate::loyalty::Loyalty;
use crate::order::Orders;
use crate::session::Sessions;

/// The running shop.
#[derive(Debug)]
pub struct Shop {
    /// What we know of our Habitué.
    pub file: ShopFile,
    /// Its public address, without a slash at the end: where the script comes from, and the
    /// audience of our tokens.
    pub habitue_url: String,
    /// Our back end's connection to it.
    pub habitue: Loyalty,
    /// Whom one may log in as.
    pub customers: Customers,
    /// Who is visiting.
    pub sessions: Sessions,
    /// What was sold.
    pub orders: Orders,
}

impl Shop {
    /// The shop with its Habitué at `habitue_url`.
    ///
    /// # Errors
    /// If that is no address this program can call.
    pub fn new(
        file: ShopFile,
        habitue_url: &str,
        customers: Customers,
        orders: Orders,
    ) -> Result<Self> {
        let advice = "--habitue-url should be an address such as http://127.0.0.1:4610";
        let url: Url = habitue_url.parse().context(advice)?;
        // A demo talks to its own machine; a real shop turns on TLS in its HTTP client.
        ensure!(url.scheme() == "http" && url.host().is_some(), "{advice}");
        Ok(Self {
            habitue: Loyalty::new(url, &file.secret_key),
            habitue_url: habitue_url.trim_end_matches('/').to_owned(),
            file,
            customers,
            sessions: Sessions::default(),
            orders,
        })
    }
}
