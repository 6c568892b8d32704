//! Why a movement is what it is, in sentences. One missing in a language is a compile error.

use super::Telling;
use crate::page::amount::{amount, day, factor, number};
use crate::page::text::{Lang, fill};
use habitue_api::history::{HistoryRow, Instrument};
use habitue_api::statement::ExplainedRow;
use habitue_domain::ledger::TransferKind;
use habitue_domain::time::Timestamp;

/// Every sentence; `{name}` stands where something is filled in.
pub struct Sentences {
    /// Kind by kind: on an order, and without one.
    earn: [&'static str; 2],
    take_back: [&'static str; 2],
    redeem: [&'static str; 2],
    give_back: [&'static str; 2],
    expire: [&'static str; 2],
    issue: &'static str,
    grant: &'static str,
    withdraw: &'static str,
    cover: &'static str,
    paid: &'static str,
    times: &'static str,
    from: &'static str,
    ends: &'static str,
    earned: &'static str,
    repaid: &'static str,
    owed: &'static str,
    reason: &'static str,
    rule: &'static str,
    /// The columns of a statement.
    pub columns: [&'static str; 8],
    /// What there was.
    pub opening: &'static str,
    /// What there is.
    pub closing: &'static str,
    /// What a unit is called: points, credit, a gift card.
    instruments: [&'static str; 3],
}

static EN: Sentences = Sentences {
    earn: ["Earned with order {order}", "Earned"],
    take_back: ["Taken back: less of order {order} was kept", "Taken back"],
    redeem: ["Used on order {order}", "Used"],
    give_back: ["Given back from order {order}", "Given back"],
    expire: ["Ended unused; earned with order {order}", "Ended unused"],
    issue: "Gift card issued",
    grant: "Given by the shop",
    withdraw: "Taken off by the shop",
    cover: "Borne by the shop",
    paid: "{paid} paid for what was kept",
    times: "times {factor}",
    from: "can be used from {day}",
    ends: "last day {day}",
    earned: "earned on {day}",
    repaid: "{amount} of it repaid what was owed",
    owed: "{amount} of it is owed",
    reason: "reason: {reason}",
    rule: "by version {version} of the program",
    columns: ["date", "order", "what", "unit", "currency", "amount", "rule", "explanation"],
    opening: "Opening balance",
    closing: "Closing balance",
    instruments: ["points", "store credit", "gift card"],
};

static FR: Sentences = Sentences {
    earn: ["Gagné avec la commande {order}", "Gagné"],
    take_back: ["Repris : une partie de la commande {order} n’a pas été gardée", "Repris"],
    redeem: ["Utilisé pour la commande {order}", "Utilisé"],
    give_back: ["Rendu pour la commande {order}", "Rendu"],
    expire: ["Expiré sans être utilisé ; gagné avec la commande {order}", "Expiré"],
    issue: "Carte cadeau émise",
    grant: "Offert par la boutique",
    withdraw: "Retiré par la boutique",
    cover: "Pris en charge par la boutique",
    paid: "{paid} payés pour ce qui a été gardé",
    times: "fois {factor}",
    from: "utilisable à partir du {day}",
    ends: "dernier jour : {day}",
    earned: "gagné le {day}",
    repaid: "dont {amount} pour rembourser ce qui était dû",
    owed: "dont {amount} restent dus",
    reason: "motif : {reason}",
    rule: "selon la version {version} du programme",
    columns: [
        "date",
        "commande",
        "opération",
        "unité",
        "devise",
        "montant",
        "règle",
        "explication",
    ],
    opening: "Solde initial",
    closing: "Solde final",
    instruments: ["points", "cagnotte", "carte cadeau"],
};

/// The sentences of a language.
pub const fn sentences(lang: Lang) -> &'static Sentences {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}

/// What a unit is called.
pub const fn unit(lang: Lang, instrument: Instrument) -> &'static str {
    let [points, credit, card] = sentences(lang).instruments;
    match instrument {
        Instrument::Points => points,
        Instrument::Credit => credit,
        Instrument::GiftCard => card,
    }
}

/// What happened, without the figures behind it.
pub fn title(lang: Lang, row: &HistoryRow) -> String {
    let texts = sentences(lang);
    if let Some(action) = &row.action {
        return action.in_locale(lang.tag(), Lang::En.tag()).to_owned();
    }
    let [with, without] = match row.kind {
        TransferKind::Earn => texts.earn,
        TransferKind::TakeBack => texts.take_back,
        TransferKind::Redeem => texts.redeem,
        TransferKind::GiveBack => texts.give_back,
        TransferKind::Expire => texts.expire,
        TransferKind::Issue => [texts.issue; 2],
        TransferKind::Grant => [texts.grant; 2],
        TransferKind::Withdraw => [texts.withdraw; 2],
        TransferKind::Cover => [texts.cover; 2],
    };
    row.order.as_deref().map_or_else(|| without.to_owned(), |it| fill(with, &[("order", it)]))
}

/// All of it: what happened, and each figure behind it.
pub fn of(telling: &Telling<'_>, row: &ExplainedRow) -> String {
    let (lang, texts) = (telling.lang, sentences(telling.lang));
    let mut parts = vec![title(lang, &row.row)];
    if let Some(paid) = row.row.paid {
        parts.push(fill(texts.paid, &[("paid", &amount(lang, paid))]));
    }
    if let Some(times) = row.row.multiplier.filter(|rate| rate.num() != rate.den()) {
        parts.push(fill(texts.times, &[("factor", &factor(lang, &times.to_string()))]));
    }
    if let Some(from) = row.row.active_from {
        parts.extend(telling.said(texts.from, Some(from)));
    }
    match row.row.kind {
        TransferKind::Earn | TransferKind::Grant => {
            let end = row.lots.iter().find_map(|lot| lot.ends_at);
            let last = end.and_then(|end| telling.compiled.last_day(end));
            parts.extend(last.map(|last| fill(texts.ends, &[("day", &day(lang, last))])));
        }
        TransferKind::Expire => {
            let earned = row.lots.first().map(|lot| lot.earned_at);
            parts.extend(telling.said(texts.earned, earned));
        }
        _ => {}
    }
    for (text, figure) in [(texts.repaid, row.repaid), (texts.owed, row.owed)] {
        if let Some(figure) = figure {
            let money = row.row.amount.map(|money| money.currency().clamped(figure));
            let figure = money.map_or_else(|| number(lang, figure), |money| amount(lang, money));
            parts.push(fill(text, &[("amount", &figure)]));
        }
    }
    parts.push(fill(texts.rule, &[("version", &row.rule.to_string())]));
    // Last, since it is the shop's own words.
    if let Some(reason) = &row.reason {
        parts.push(fill(texts.reason, &[("reason", reason)]));
    }
    format!("{}.", parts.join(", "))
}

impl Telling<'_> {
    fn said(&self, sentence: &str, at: Option<Timestamp>) -> Option<String> {
        let date = self.compiled.day_of(at?)?;
        Some(fill(sentence, &[("day", &day(self.lang, date))]))
    }
}
