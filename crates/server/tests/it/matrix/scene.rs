//! What the matrix is played with: three shops, and for every cell a shopper with a hold and an
//! order of their own.

use super::Holder;
use crate::harness::{Server, URL, cart, eur, order, program};
use habitue_server::shop::{Chosen, NewShop, create, make_key};
use habitue_store::authority::Admin;
use habitue_store::shop::{KeyKind, add_key, revoke_key};
use habitue_store::{Tx, contact};
use serde_json::{Value, json};

/// What stays the same in all cells.
pub struct World {
    sister: NewShop,
    stranger: NewShop,
    revoked: String,
}

impl World {
    pub async fn make(server: &Server) -> Self {
        let sister = server.second_shop().await;
        let (app, now) = (&server.app, server.clock.now());
        let chosen = Chosen::New(Box::new(program()));
        let origins = vec!["https://stranger.example".to_owned()];
        let stranger = create(&app.store, &app.master, "Stranger".to_owned(), origins, chosen, now);
        Self { sister, stranger: stranger.await.unwrap(), revoked: revoked(server).await }
    }

    /// Gives other members, who claim for themselves, points of their own.
    async fn endow(&self, server: &Server, scene: &Scene, holder: Holder) {
        let (shop, customer) = match holder {
            Holder::SisterSession => (&self.sister, scene.customer.clone()),
            Holder::StrangerSession => (&self.stranger, scene.customer.clone()),
            Holder::OtherMember => (&scene.shop, format!("not-{}", scene.customer)),
            _ => return,
        };
        let mut placed = order(&customer, &[(1, 2_000)]);
        placed["placed_at"] = json!(server.clock.now().plus_days(-20));
        let path = format!("/v1/orders/by-{customer}");
        server.call("PUT", &path, &shop.secret_key, placed).await.ok();
    }

    /// What a holder sends, if anything: shoppers of other shops bear the owner's customer id.
    async fn bearer(&self, server: &Server, scene: &Scene, holder: Holder) -> Option<String> {
        let key = match holder {
            Holder::Nobody => return None,
            Holder::Garbage => "garbage",
            Holder::GarbageSecret => "sk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            Holder::RevokedSecret => &self.revoked,
            Holder::Public | Holder::PublicElsewhere => &scene.shop.public_key,
            Holder::Session | Holder::SessionElsewhere => &scene.session,
            Holder::Secret | Holder::SecretInBrowser => &scene.shop.secret_key,
            Holder::SisterPublic => &self.sister.public_key,
            Holder::SisterSecret => &self.sister.secret_key,
            Holder::StrangerPublic => &self.stranger.public_key,
            Holder::StrangerSecret => &self.stranger.secret_key,
            Holder::EndedSession => {
                let ended = sign_in(server, &scene.shop, "gone").await;
                assert_eq!(server.raw("DELETE", "/v1/session", &ended, "").await.status, 204);
                return Some(ended);
            }
            Holder::OtherMember | Holder::SisterSession | Holder::StrangerSession => {
                let other = format!("not-{}", scene.customer);
                let (shop, customer) = match holder {
                    Holder::SisterSession => (&self.sister, &scene.customer),
                    Holder::StrangerSession => (&self.stranger, &scene.customer),
                    _ => (&scene.shop, &other),
                };
                let session = sign_in(server, shop, customer).await;
                server.join(&session).await;
                return Some(session);
            }
        };
        Some(key.to_owned())
    }
}

/// The contact that a customer of the harness's shop is.
async fn contact_of(server: &Server, customer: &str) -> String {
    let (shop, customer) = (server.shop.shop, customer.to_owned());
    let look = async move |tx: &mut Tx<'_>| contact::of_customer(tx, shop, &customer).await;
    server.app.store.read(look).await.unwrap().unwrap().id.to_string()
}

/// A secret key of the shop that was revoked.
async fn revoked(server: &Server) -> String {
    let (shop, now) = (server.shop.shop, server.clock.now());
    let made = make_key(KeyKind::Secret, &server.app.master).unwrap();
    let new = made.new;
    let job = async move |tx: &mut Tx<'_>| -> Result<bool, habitue_store::Error> {
        add_key(tx, &Admin::local(), shop, &new, now).await?;
        revoke_key(tx, &Admin::local(), shop, new.id, now).await
    };
    assert!(server.app.store.write(job).await.unwrap());
    made.shown
}

async fn sign_in(server: &Server, shop: &NewShop, customer: &str) -> String {
    let mut claims = server.claims(customer);
    claims["iss"] = json!(shop.shop);
    let token = sign(shop, &claims);
    let body = json!({ "token": token });
    let answer = server.call("POST", "/v1/session", &shop.public_key, body).await.ok();
    answer["session"].as_str().unwrap().to_owned()
}

fn sign(shop: &NewShop, claims: &Value) -> String {
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(shop.token_key_id.to_string());
    encode(&header, claims, &EncodingKey::from_secret(shop.token_secret.as_bytes())).unwrap()
}

/// A shopper with points, a hold and an order, and their neighbours.
pub struct Scene {
    shop: NewShop,
    customer: String,
    member: String,
    hold: String,
    contact: String,
    code: String,
    batch: String,
    gift_card: String,
    claim: String,
    card: String,
    order: String,
    session: String,
    /// What the holder of this cell sends.
    pub bearer: Option<String>,
}

impl Scene {
    /// Sets everything up for an operation and who asks for it.
    pub async fn set(
        server: &Server,
        world: &World,
        operation: &str,
        (holder, n): (Holder, u16),
    ) -> Self {
        let (customer, order_id) = (format!("owner-{n}"), format!("order-{n}"));
        let shop = server.shop.clone();
        let session = sign_in(server, &shop, &customer).await;
        let me = server.join(&session).await;
        let mut placed = order(&customer, &[(2, 200_000)]);
        placed["placed_at"] = json!(server.clock.now().plus_days(-20));
        server.shop("PUT", &format!("/v1/orders/{order_id}"), placed).await.ok();
        let asked = json!({ "cart": cart(&[(2, 3000)]), "asked": { "points": 100 } });
        let held = server.call("POST", "/v1/holds", &session, asked).await.ok();
        if operation == "POST /v1/coupons" {
            for shop in [&world.sister, &world.stranger] {
                let session = sign_in(server, shop, &customer).await;
                server.join(&session).await;
            }
        }
        let coupon = json!({ "promotion": "gift", "customer": customer });
        let coupon = server.shop("POST", "/v1/coupons", coupon).await.ok();
        let batch = json!({ "promotion": "gift" });
        let batch = server.shop("POST", "/v1/coupons/batches", batch).await.ok();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let card = json!({ "amount": eur(5_000), "customer": customer });
        let card = server.shop("POST", "/v1/gift-cards", card).await.ok();
        // Only where it is asked for: a session may not ask without end.
        let own = if operation == "GET /v1/members" {
            text(&server.get("/v1/me/card", &session).await.ok()["code"])
        } else {
            "AAAA-0000-BBBB-1111".to_owned()
        };
        let claimed = json!({ "reward": "evening" });
        let claimed = server.call("POST", "/v1/me/claims", &session, claimed).await.ok();
        let mut scene = Self {
            shop,
            claim: text(&claimed["id"]),
            card: own,
            gift_card: card["gift_card"].as_str().unwrap().to_owned(),
            member: me["member"]["id"].as_str().unwrap().to_owned(),
            hold: held["hold"].as_str().unwrap().to_owned(),
            contact: contact_of(server, &customer).await,
            code: text(&coupon["id"]),
            batch: text(&batch["id"]),
            customer,
            order: order_id,
            session,
            bearer: None,
        };
        if operation == "POST /v1/holds/{id}/commit" {
            let terms = scene.body(server, "post", "/v1/holds/{id}/confirm").unwrap();
            let path = scene.fill("/v1/holds/{id}/confirm");
            server.shop("POST", &path, terms).await.ok();
        }
        scene.hand_over(server, world, holder).await;
        if operation == "POST /v1/me/claims" {
            world.endow(server, &scene, holder).await;
        }
        scene
    }

    /// Gives the next cell's holder what they send.
    pub async fn hand_over(&mut self, server: &Server, world: &World, holder: Holder) {
        self.bearer = world.bearer(server, self, holder).await;
    }

    /// A path with what it names filled in.
    pub fn fill(&self, path: &str) -> String {
        let id = match path {
            path if path.starts_with("/v1/holds") => &self.hold,
            path if path.starts_with("/v1/contacts") => &self.contact,
            path if path.starts_with("/v1/coupons/batches") => &self.batch,
            path if path.starts_with("/v1/coupons") => &self.code,
            path if path.starts_with("/v1/gift-cards") => &self.gift_card,
            path if path.starts_with("/v1/claims") => &self.claim,
            path if path.starts_with("/v1/members") => &self.member,
            _ => &self.order,
        };
        let filled = path.replace("{id}", id).replace("{return_id}", "return-1");
        let filled = match path {
            "/v1/contacts" | "/v1/contacts.csv" => format!("{filled}?purpose=sms"),
            "/v1/members" => format!("{filled}?card={}", self.card),
            "/v1/coupons" => format!("{filled}?customer={}", self.customer),
            _ => filled,
        };
        assert!(!filled.contains('{'), "the scene does not know what {path} names");
        filled
    }

    /// A right body for an operation, `None` where it takes none.
    pub fn body(&self, server: &Server, method: &str, path: &str) -> Option<Value> {
        let customer = &self.customer;
        let paid_with_it = format!("paid-with-{}", self.hold);
        let bought = cart(&[(2, 3000)]);
        // 60.00 − 1.00 + 4.90 shipping
        let to_pay = eur(6390);
        Some(match (method, path) {
            ("post", "/v1/session") => {
                let mut claims = server.claims(customer);
                claims["aud"] = json!(URL);
                json!({ "token": sign(&self.shop, &claims) })
            }
            ("post", "/v1/consents") => json!({ "program_version": 1, "locale": "en",
                "email": format!("{customer}@example.org"),
                "give": [{ "purpose": "newsletter", "topic": "news" }] }),
            ("post", "/v1/newsletters") => json!({ "topic": "news",
                "subject": { "en": "Hello" }, "body": { "en": "News." } }),
            ("post", "/v1/coupons") => json!({ "promotion": "gift", "customer": customer }),
            ("post", "/v1/coupons/batches") => json!({ "promotion": "gift", "count": 1 }),
            ("post", "/v1/coupons/batches/{id}/codes") => {
                json!({ "codes": [format!("by-{}", self.hold)] })
            }
            ("post", "/v1/me/join") => json!({ "terms_version": "1" }),
            ("post", "/v1/quotes/dry-run") => json!({ "cart": bought }),
            ("post", "/v1/quotes" | "/v1/holds") => json!({ "cart": bought, "asked": {} }),
            ("post", "/v1/holds/{id}/confirm") => json!({ "order": paid_with_it,
                "customer": customer, "cart": bought, "to_pay": to_pay }),
            ("post", "/v1/holds/{id}/commit") => {
                json!({ "order": paid_with_it, "customer": customer, "amount": to_pay })
            }
            ("put", "/v1/orders/{id}") => {
                let mut newer = order("somebody", &[(1, 100)]);
                newer["version"] = json!(2);
                newer["customer"] = json!(customer);
                newer
            }
            ("put", "/v1/orders/{id}/returns/{return_id}") => {
                json!({ "returned_at": "2026-11-21T12:00:00Z" })
            }
            ("post", "/v1/gift-cards") => json!({ "amount": eur(1_000) }),
            ("post", "/v1/gift-cards/balance") => json!({ "code": "NO-SUCH-CARD" }),
            ("post", "/v1/gift-cards/{id}/adjust" | "/v1/members/{id}/credit") => {
                json!({ "amount": eur(100), "author": "Ann", "reason": "a broken cup" })
            }
            ("post", "/v1/gift-cards/{id}/cancel") => {
                json!({ "author": "Ann", "reason": "a lost card" })
            }
            ("post", "/v1/members/{id}/points") => {
                json!({ "points": 10, "author": "Ann", "reason": "a late parcel" })
            }
            ("post", "/v1/me/claims" | "/v1/members/{id}/claims") => json!({ "reward": "evening" }),
            ("put", "/v1/claims/{id}") => {
                json!({ "state": "fulfilled", "author": "Ann", "reason": "it was an evening" })
            }
            ("post", "/v1/members/{id}/actions") => {
                json!({ "action": "review", "event": format!("by-{}", self.hold) })
            }
            ("patch", "/v1/members/{id}") => json!({ "birthday": "02-29" }),
            ("post", "/v1/programs") => serde_json::to_value(program()).unwrap(),
            ("put", "/v1/members/{id}/tier") => json!({ "tier": "silver",
                "until": "2027-11-21T12:00:00Z", "author": "Ann", "reason": "a kind word" }),
            ("get" | "delete" | "patch" | "put", _)
            | ("post", "/v1/holds/{id}/release" | "/v1/me/notice" | "/v1/me/card") => {
                return None;
            }
            _ => json!({}),
        })
    }

    /// What nobody else may be told. Ids that the caller sends come back, so they are not here.
    pub fn secrets(&self) -> Vec<String> {
        vec![self.member.clone(), self.session.clone(), "200000".to_owned()]
    }

    /// Everything a stranger could have changed.
    pub async fn state(&self, server: &Server) -> (Vec<Value>, u16) {
        let secret = &self.shop.secret_key;
        let hold = server.get(&self.fill("/v1/holds/{id}"), secret).await.ok();
        let order = server.get(&self.fill("/v1/orders/{id}"), secret).await.ok();
        let me = server.get("/v1/me", &self.session).await;
        let proof = server.get(&self.fill("/v1/contacts/{id}/consents"), secret).await.ok();
        let coupons = server.get(&self.fill("/v1/coupons"), secret).await.ok();
        let batch = server.get(&self.fill("/v1/coupons/batches/{id}"), secret).await.ok();
        let card = server.get(&self.fill("/v1/gift-cards/{id}"), secret).await.ok();
        let claims = server.get("/v1/me/claims", &self.session).await.body;
        (
            vec![hold, order, proof, card, coupons, batch, claims, me.body["member"].clone()],
            me.status,
        )
    }
}
