//! What a page shows, as words: the templates only put it in its place.

use super::amount::{amount, counted, day, factor};
use super::text::{Lang, Texts, fill};
use super::{Found, Place};
use habitue_domain::earn::Tax;
use habitue_domain::money::Money;
use habitue_domain::program::{Program, PromotionDocument, RateDocument, TierDocument};
use habitue_domain::promotion::Promotion;
use habitue_domain::text::Text;
use habitue_domain::tier::{Metric, PrivilegeKind, TierWindow};
use habitue_domain::time::Timestamp;
use serde::Serialize;

/// What every page has.
#[derive(Serialize)]
struct Frame {
    t: &'static Texts,
    lang: &'static str,
    other_tag: &'static str,
    other_name: &'static str,
    style: String,
}

impl Frame {
    fn of(lang: Lang, style: &str) -> Self {
        let other = lang.other();
        let (other_tag, other_name) = (other.tag(), other.name());
        Self { t: lang.texts(), lang: lang.tag(), other_tag, other_name, style: style.to_owned() }
    }
}

/// A merchant's text, with its language where that is not the page's (WCAG 3.1.2).
#[derive(Serialize)]
struct Said {
    text: String,
    lang: Option<String>,
}

/// A page that only says something.
#[derive(Serialize)]
pub struct TroubleView {
    #[serde(flatten)]
    frame: Frame,
    title: &'static str,
    lead: &'static str,
}

impl TroubleView {
    /// There is no such program.
    pub fn missing(lang: Lang, style: &str) -> Self {
        let texts = lang.texts();
        let (title, lead) = (texts.missing_title, texts.missing_lead);
        Self { frame: Frame::of(lang, style), title, lead }
    }

    /// The database does not answer.
    pub fn unavailable(lang: Lang, style: &str) -> Self {
        let texts = lang.texts();
        let (title, lead) = (texts.unavailable_title, texts.unavailable_lead);
        Self { frame: Frame::of(lang, style), title, lead }
    }
}

/// The page of a program.
#[derive(Serialize)]
pub struct ProgramView {
    #[serde(flatten)]
    frame: Frame,
    name: Said,
    shops: Vec<ShopView>,
    earn: Vec<RateView>,
    spend: Vec<RateView>,
    ready: Option<String>,
    tiers_lead: String,
    tiers: Vec<TierView>,
    offers: Vec<OfferView>,
    terms: String,
}

#[derive(Serialize)]
struct ShopView {
    name: String,
    link: Option<String>,
    join: String,
}

/// `5 points` `for every €1 you spend`.
#[derive(Serialize)]
struct RateView {
    points: String,
    what: String,
}

#[derive(Serialize)]
struct TierView {
    name: Said,
    from: String,
    times: String,
    privileges: Vec<PrivilegeView>,
}

#[derive(Serialize)]
struct PrivilegeView {
    kind: PrivilegeKind,
    said: Said,
    link: Option<String>,
}

#[derive(Serialize)]
struct OfferView {
    name: Said,
    conditions: Vec<String>,
}

/// In which language, and which one merchants' texts fall back to.
struct Speech<'a> {
    lang: Lang,
    texts: &'static Texts,
    fallback: &'a str,
}

impl Speech<'_> {
    fn say(&self, text: &Text) -> Said {
        let said = text.in_locale(self.lang.tag(), self.fallback);
        let found = text.0.iter().find(|(_, known)| known.as_str() == said);
        let lang = found.map(|(tag, _)| tag).filter(|tag| Lang::parse(tag) != Some(self.lang));
        Said { text: said.to_owned(), lang: lang.cloned() }
    }

    fn rate(&self, rate: &RateDocument, sentence: &str) -> Option<RateView> {
        let money: Money = rate.per.parse().ok()?;
        let points = counted(self.lang, &self.texts.points, rate.points);
        let what = fill(sentence, &[("amount", &amount(self.lang, money))]);
        Some(RateView { points, what })
    }

    fn rates(&self, list: &[RateDocument], sentence: &str) -> Vec<RateView> {
        list.iter().filter_map(|rate| self.rate(rate, sentence)).collect()
    }

    fn tier(&self, tier: &TierDocument, metric: Metric) -> TierView {
        let spent = tier.spent.as_deref().and_then(|text| text.parse::<Money>().ok());
        let needed = match (spent, metric) {
            (Some(money), _) => amount(self.lang, money),
            (None, Metric::Ordered) => counted(self.lang, &self.texts.orders, tier.threshold),
            (None, _) => counted(self.lang, &self.texts.points, tier.threshold),
        };
        let is_first = tier.threshold == 0 && spent.is_none_or(|money| money.minor() == 0);
        let from = if is_first {
            self.texts.tier_first.to_owned()
        } else {
            fill(self.texts.tier_from, &[("points", &needed)])
        };
        let times = match tier.multiplier.as_deref() {
            Some(written) if written.trim() != "1" => {
                fill(self.texts.tier_times, &[("factor", &factor(self.lang, written))])
            }
            _ => self.texts.tier_plain.to_owned(),
        };
        let privileges = tier.privileges.iter().map(|privilege| PrivilegeView {
            kind: privilege.kind,
            said: self.say(&privilege.text),
            link: privilege.link.as_deref().filter(|link| is_web(link)).map(str::to_owned),
        });
        TierView { name: self.say(&tier.name), from, times, privileges: privileges.collect() }
    }

    /// Who may use it, on what, and when; the code itself is told to members only.
    fn conditions(
        &self,
        offer: &PromotionDocument,
        promotion: &Promotion,
        program: &Program,
    ) -> Vec<String> {
        let texts = self.texts;
        let mut all = Vec::new();
        let either = format!(" {} ", texts.or);
        if !promotion.minimum.is_empty() {
            let amounts = promotion.minimum.iter().map(|money| amount(self.lang, *money));
            let amounts = amounts.collect::<Vec<_>>().join(&either);
            all.push(fill(texts.from_amount, &[("amount", &amounts)]));
        }
        let scope = &promotion.scope;
        if scope.not_on_sale {
            all.push(texts.not_on_sale.to_owned());
        }
        let anywhere = habitue_domain::promotion::Scope {
            not_on_sale: scope.not_on_sale,
            ..Default::default()
        };
        if *scope != anywhere {
            all.push(texts.some_items.to_owned());
        }
        let tiers = promotion.tiers.iter().filter_map(|id| program.tier(id));
        let tiers: Vec<String> = tiers.map(|tier| self.say(&tier.name).text).collect();
        if !tiers.is_empty() {
            all.push(fill(texts.needs_tier, &[("tier", &tiers.join(&either))]));
        } else if promotion.members_only && promotion.uses_per_member != Some(1) {
            all.push(texts.for_members.to_owned());
        }
        if promotion.uses_per_member == Some(1) {
            all.push(texts.once.to_owned());
        }
        if promotion.uses.is_some() {
            all.push(texts.while_they_last.to_owned());
        }
        if promotion.code.is_none() {
            all.push(texts.by_itself.to_owned());
        }
        let dates = [(texts.starts, offer.from), (texts.until, offer.until)];
        for (sentence, date) in dates {
            all.extend(date.map(|date| fill(sentence, &[("date", &day(self.lang, date))])));
        }
        all
    }
}

/// Where a link may lead. Publishing has checked it; a page does not lean on that.
fn is_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

impl ProgramView {
    pub(super) fn of(found: &Found, lang: Lang, style: &str, now: Timestamp) -> Self {
        let Found { document, compiled, places } = found;
        let (program, texts) = (&compiled.program, lang.texts());
        let speech = Speech { lang, texts, fallback: &document.locale };
        let offers = document.promotions.iter().filter_map(|offer| {
            let promotion = program.promotions.iter().find(|it| it.id == offer.id)?;
            let is_over = promotion.until.is_some_and(|until| until <= now);
            let is_public = promotion.listed || promotion.code.is_none();
            let conditions = speech.conditions(offer, promotion, program);
            (is_public && !is_over)
                .then(|| OfferView { name: speech.say(&promotion.name), conditions })
        });
        let rule = &program.tier_rule;
        let months = counted(lang, &texts.months, rule.months);
        let lead = match (rule.window, rule.metric) {
            (TierWindow::Rolling, Metric::Earned) => texts.tiers_lead,
            (TierWindow::Rolling, _) => texts.tiers_lead_bought,
            (TierWindow::CalendarYear, _) => texts.tiers_lead_year,
            (TierWindow::Lifetime, _) => texts.tiers_lead_life,
        };
        let earn_rate = match program.earning.tax {
            Tax::Included => texts.earn_rate,
            Tax::Excluded => texts.earn_rate_before_tax,
        };
        let ready =
            (program.pending_days > 0).then(|| counted(lang, &texts.days, program.pending_days));
        Self {
            frame: Frame::of(lang, style),
            name: speech.say(&document.name),
            shops: places.iter().map(|place| shop(place, texts)).collect(),
            earn: speech.rates(&document.points.earn, earn_rate),
            spend: speech.rates(&document.points.redeem, texts.worth_rate),
            ready,
            tiers_lead: fill(lead, &[("months", &months)]),
            tiers: document.tiers.iter().map(|tier| speech.tier(tier, rule.metric)).collect(),
            offers: offers.collect(),
            terms: document.terms.url.clone(),
        }
    }
}

fn shop(place: &Place, texts: &Texts) -> ShopView {
    let link = place.origin.as_deref().filter(|origin| is_web(origin));
    ShopView {
        name: place.name.clone(),
        link: link.map(|origin| format!("{origin}/")),
        join: fill(texts.join, &[("shop", &place.name)]),
    }
}
