//! Who is asking: capabilities that the other modules demand. They are only made here, by looking
//! up a key or a session.

use crate::{Error, Tx, values};
use habitue_domain::id::{KeyId, MemberId, ProgramId, ShopId};
use habitue_domain::time::Timestamp;

/// Anybody with a shop's public key.
#[derive(Clone, Debug)]
pub struct Visitor {
    shop: ShopId,
    program: ProgramId,
}

/// A shop's back end, by its secret key.
#[derive(Clone, Debug)]
pub struct Merchant {
    shop: ShopId,
    program: ProgramId,
    key: KeyId,
}

/// A signed-in customer of a shop, by a session.
#[derive(Clone, Debug)]
pub struct Shopper {
    shop: ShopId,
    program: ProgramId,
    customer: String,
    member: Option<MemberId>,
    issued_at: Timestamp,
    locale: Option<String>,
    given_name: Option<String>,
}

/// Whoever runs the command line on the server itself.
#[derive(Clone, Debug)]
pub struct Admin(());

impl Admin {
    /// The command line's authority: whoever can open the database file may do everything.
    pub const fn local() -> Self {
        Self(())
    }

    /// The authority over one shop, as its secret key would give it, for imports.
    pub async fn merchant(&self, tx: &mut Tx<'_>, shop: ShopId) -> Result<Option<Merchant>, Error> {
        let program = crate::shop::program_of(tx, shop).await?;
        let key = KeyId::from_u128(0);
        Ok(program.map(|program| Merchant { shop, program, key }))
    }
}

/// For whom something is priced or held: a shop, and perhaps one of its customers.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The shop.
    pub shop: ShopId,
    /// Its program.
    pub program: ProgramId,
    /// The shop's customer, if one is known.
    pub customer: Option<String>,
    /// The member that customer is, if one.
    pub member: Option<MemberId>,
}

impl Visitor {
    /// The shop.
    pub const fn shop(&self) -> ShopId {
        self.shop
    }

    /// Its program.
    pub const fn program(&self) -> ProgramId {
        self.program
    }

    /// Nobody in particular.
    pub const fn subject(&self) -> Subject {
        Subject { shop: self.shop, program: self.program, customer: None, member: None }
    }
}

impl Merchant {
    /// The shop.
    pub const fn shop(&self) -> ShopId {
        self.shop
    }

    /// Its program.
    pub const fn program(&self) -> ProgramId {
        self.program
    }

    /// Whose idempotency keys these are.
    pub fn owner(&self) -> String {
        self.key.to_string()
    }

    /// One of the shop's customers, or nobody.
    pub async fn subject(&self, tx: &mut Tx<'_>, customer: Option<&str>) -> Result<Subject, Error> {
        let member = match customer {
            Some(customer) => crate::member::of_customer(tx, self.shop, customer).await?,
            None => None,
        };
        let customer = customer.map(str::to_owned);
        Ok(Subject { shop: self.shop, program: self.program, customer, member })
    }
}

impl Shopper {
    /// The shop.
    pub const fn shop(&self) -> ShopId {
        self.shop
    }

    /// Its program.
    pub const fn program(&self) -> ProgramId {
        self.program
    }

    /// The shop's customer.
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// The member, once joined.
    pub const fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// When the shop signed the token behind the session.
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The language the shop's token named.
    pub fn locale(&self) -> Option<&str> {
        self.locale.as_deref()
    }

    /// The name the shop's token gave.
    pub fn given_name(&self) -> Option<&str> {
        self.given_name.as_deref()
    }

    /// Whose idempotency keys these are: the same over all sessions of a customer.
    pub fn owner(&self) -> String {
        format!("{}/{}", self.shop, self.customer)
    }

    /// The shopper as somebody to price for.
    pub fn subject(&self) -> Subject {
        Subject {
            shop: self.shop,
            program: self.program,
            customer: Some(self.customer.clone()),
            member: self.member,
        }
    }

    /// The shopper after joining.
    #[must_use]
    pub const fn joined(mut self, member: MemberId) -> Self {
        self.member = Some(member);
        self
    }
}

const BY_KEY: &str = "SELECT api_key.shop_id, shop.program_id, api_key.id FROM api_key \
     JOIN shop ON shop.id = api_key.shop_id \
     WHERE api_key.lookup = $1 AND api_key.kind = $2 AND api_key.revoked_at IS NULL";

/// The visitor with this public key.
pub async fn visitor(tx: &mut Tx<'_>, public_key: &str) -> Result<Option<Visitor>, Error> {
    let Some(row) = tx.row(BY_KEY, values![public_key, "public"]).await? else {
        return Ok(None);
    };
    Ok(Some(Visitor { shop: row.parsed(0)?, program: row.parsed(1)? }))
}

/// The merchant with the secret key of this SHA-256.
pub async fn merchant(tx: &mut Tx<'_>, key_hash: &str) -> Result<Option<Merchant>, Error> {
    let Some(row) = tx.row(BY_KEY, values![key_hash, "secret"]).await? else {
        return Ok(None);
    };
    Ok(Some(Merchant { shop: row.parsed(0)?, program: row.parsed(1)?, key: row.parsed(2)? }))
}

const BY_BEARER: &str = "SELECT session.shop_id, shop.program_id, session.customer_id, \
     customer.member_id, session.issued_at, session.locale, session.given_name \
     FROM session JOIN shop ON shop.id = session.shop_id \
     LEFT JOIN customer ON customer.shop_id = session.shop_id \
     AND customer.external_id = session.customer_id \
     WHERE session.bearer_hash = $1 AND session.expires_at > $2 AND session.ended_at IS NULL";

/// The shopper with the live session of this bearer's SHA-256.
pub async fn shopper(
    tx: &mut Tx<'_>,
    bearer_hash: &str,
    now: Timestamp,
) -> Result<Option<Shopper>, Error> {
    let Some(row) = tx.row(BY_BEARER, values![bearer_hash, now]).await? else {
        return Ok(None);
    };
    Ok(Some(Shopper {
        shop: row.parsed(0)?,
        program: row.parsed(1)?,
        customer: row.text(2)?.to_owned(),
        member: row.opt_parsed(3)?,
        issued_at: row.time(4)?,
        locale: row.opt_text(5)?.map(str::to_owned),
        given_name: row.opt_text(6)?.map(str::to_owned),
    }))
}
