//! What the shop sells: twelve invented records with drawn covers.

use crate::money::{Currency, Money};
use crate::text::Lang;

/// Where a record stands in the shop; Habitué's promotions may be limited to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// Jazz.
    Jazz,
    /// Electronic music.
    Electronic,
    /// Classical music.
    Classical,
    /// Folk.
    Folk,
}

impl Category {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 4] = [Self::Jazz, Self::Electronic, Self::Classical, Self::Folk];

    /// Its name in addresses and towards Habitué: the word in a promotion's `scope.categories`.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Jazz => "jazz",
            Self::Electronic => "electronic",
            Self::Classical => "classical",
            Self::Folk => "folk",
        }
    }

    /// Its name for the shopper.
    pub const fn name(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Jazz, _) => "Jazz",
            (Self::Electronic, Lang::En) => "Electronic",
            (Self::Electronic, Lang::Fr) => "Électronique",
            (Self::Classical, Lang::En) => "Classical",
            (Self::Classical, Lang::Fr) => "Classique",
            (Self::Folk, _) => "Folk",
        }
    }
}

/// Cents in dollars and in euros: list prices, not exchange rates.
#[derive(Clone, Copy, Debug)]
pub struct Prices {
    usd: i64,
    eur: i64,
}

impl Prices {
    const fn of(usd: i64, eur: i64) -> Self {
        Self { usd, eur }
    }

    /// The price in `currency`.
    pub const fn in_currency(self, currency: Currency) -> Money {
        match currency {
            Currency::Usd => currency.cents(self.usd),
            Currency::Eur => currency.cents(self.eur),
        }
    }
}

/// A record. The slug is its id in addresses, in the cart and towards Habitué.
#[derive(Debug)]
pub struct Record {
    /// Its id.
    pub slug: &'static str,
    /// Its title.
    pub title: &'static str,
    /// Who plays.
    pub artist: &'static str,
    /// Where it stands.
    pub category: Category,
    /// The year of the pressing.
    pub year: u16,
    /// What it costs now.
    pub price: Prices,
    /// What it cost before, if it is on sale.
    pub was: Option<Prices>,
    /// One sentence in English and French.
    pub words: [&'static str; 2],
    /// The picture.
    pub cover: &'static str,
}

impl Record {
    /// The sentence in this language.
    pub const fn words(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.words[0],
            Lang::Fr => self.words[1],
        }
    }

    /// Where its cover is served.
    pub fn cover_path(&self) -> String {
        format!("/covers/{}.svg", self.slug)
    }
}

/// The record with this id.
pub fn record(slug: &str) -> Option<&'static Record> {
    RECORDS.iter().find(|record| record.slug == slug)
}

/// Declares a record; its cover is the file of the same name.
macro_rules! record {
    ($slug:literal, $title:literal, $artist:literal, $category:ident, $year:literal,
     ($usd:literal, $eur:literal), $was:expr, $en:literal, $fr:literal) => {
        Record {
            slug: $slug,
            title: $title,
            artist: $artist,
            category: Category::$category,
            year: $year,
            price: Prices::of($usd, $eur),
            was: $was,
            words: [$en, $fr],
            cover: include_str!(concat!("../static/covers/", $slug, ".svg")),
        }
    };
}

/// Everything in stock.
pub static RECORDS: [Record; 12] = [
    record!(
        "night-ferry",
        "Night Ferry",
        "Mirelle Ostrander Quartet",
        Jazz,
        2024,
        (2490, 2290),
        None,
        "A slow crossing in eight pieces, recorded in one night.",
        "Une lente traversée en huit pièces, enregistrée en une nuit."
    ),
    record!(
        "soft-voltage",
        "Soft Voltage",
        "Halden Grid",
        Electronic,
        2025,
        (2250, 2050),
        None,
        "Warm oscillators, cold rooms, no drums until side two.",
        "Oscillateurs chauds, pièces froides, aucune batterie avant la face B."
    ),
    record!(
        "glass-meridian",
        "The Glass Meridian",
        "Sefton Chamber Players",
        Classical,
        2023,
        (3190, 2890),
        None,
        "Six string quartets written for six cities.",
        "Six quatuors à cordes écrits pour six villes."
    ),
    record!(
        "salt-road",
        "Salt Road",
        "Wren & Tallow",
        Folk,
        2024,
        (2090, 1890),
        None,
        "Two voices and one guitar along an old trade route.",
        "Deux voix et une guitare sur une ancienne route du sel."
    ),
    record!(
        "brass-weather",
        "Brass Weather",
        "Abena Quarshie",
        Jazz,
        2022,
        (1490, 1350),
        Some(Prices::of(2190, 1990)),
        "Nine horns and a forecast that never comes true.",
        "Neuf cuivres et une météo qui ne se réalise jamais."
    ),
    record!(
        "concrete-pollen",
        "Concrete Pollen",
        "Nia Prax",
        Electronic,
        2026,
        (1790, 1590),
        None,
        "Field recordings of a city learning to breathe.",
        "Une ville qui apprend à respirer, prise sur le vif."
    ),
    record!(
        "winter-house",
        "Twelve Preludes for a Winter House",
        "Ensemble Lacrime",
        Classical,
        2021,
        (1290, 1190),
        Some(Prices::of(1890, 1690)),
        "Short pieces for piano, clarinet and a creaking floor.",
        "De courtes pièces pour piano, clarinette et parquet qui craque."
    ),
    record!(
        "hand-of-barley",
        "Hand of Barley",
        "Josune Arrieta",
        Folk,
        2025,
        (1590, 1450),
        None,
        "Harvest songs, sung the way they were worked to.",
        "Chants de moisson, chantés comme on travaillait."
    ),
    record!(
        "seven-rooms",
        "Seven Rooms",
        "Teodor Vance Trio",
        Jazz,
        2023,
        (1990, 1790),
        None,
        "A trio moves through a house and leaves the doors open.",
        "Un trio traverse une maison et laisse les portes ouvertes."
    ),
    record!(
        "long-exposure",
        "Long Exposure",
        "Rotor Choir",
        Electronic,
        2024,
        (2790, 2490),
        None,
        "Double album: voices stretched until they glow.",
        "Double album : des voix étirées jusqu’à la lumière."
    ),
    record!(
        "etudes-book-two",
        "Études, Book Two",
        "Ilse Marrow",
        Classical,
        2025,
        (1650, 1490),
        None,
        "Thirteen studies for one hand, then for the other.",
        "Treize études pour une main, puis pour l’autre."
    ),
    record!(
        "low-ceiling",
        "Songs for a Low Ceiling",
        "The Lantern Parish",
        Folk,
        2020,
        (1850, 1650),
        None,
        "Kitchen recordings with the kettle left in.",
        "Enregistré en cuisine, bouilloire comprise."
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_has_its_own_id_and_its_own_cover() {
        for (place, one) in RECORDS.iter().enumerate() {
            assert!(one.cover.starts_with("<svg"), "{}", one.slug);
            for other in &RECORDS[place + 1..] {
                assert_ne!(one.slug, other.slug);
                assert_ne!(one.cover, other.cover);
            }
        }
    }

    #[test]
    fn a_sale_price_is_below_the_price_before() {
        for record in &RECORDS {
            for currency in Currency::ALL {
                let now = record.price.in_currency(currency).minor;
                assert!(record.was.is_none_or(|was| now < was.in_currency(currency).minor));
            }
        }
    }

    #[test]
    fn every_category_has_three_records() {
        for category in Category::ALL {
            let count = RECORDS.iter().filter(|record| record.category == category).count();
            assert_eq!(count, 3, "{}", category.slug());
        }
    }
}
