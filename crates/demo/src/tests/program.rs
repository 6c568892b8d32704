//! The demo's program has the shape its readers expect. Whether it means what it says is asked by
//! the real reader, in the server's tests.

use serde_json::Value;

use crate::catalogue::Category;

fn program() -> Value {
    toml::from_str(include_str!("../../program.toml")).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

#[test]
fn the_program_is_toml_of_format_1_with_both_languages_and_both_currencies() {
    let program = program();
    assert_eq!(program["format"], 1);
    assert_eq!(program["time_zone"], "America/New_York");
    assert!(program["terms"]["url"].as_str().unwrap().starts_with("https://"));
    for rates in ["earn", "redeem"] {
        let rates = list(&program["points"], rates);
        let per = |code| rates.iter().any(|rate| rate["per"].as_str().unwrap().ends_with(code));
        assert!(per("USD") && per("EUR"));
    }
    let named = list(&program, "tiers").iter().chain(list(&program, "promotions"));
    for one in named {
        assert!(one["name"]["en"].is_string() && one["name"]["fr"].is_string(), "{one}");
    }
}

#[test]
fn the_ladder_rises_from_nothing() {
    let program = program();
    let tiers = list(&program, "tiers");
    let thresholds: Vec<i64> =
        tiers.iter().map(|tier| tier["threshold"].as_i64().unwrap()).collect();
    assert_eq!(thresholds, [0, 500, 1_500]);
}

#[test]
fn the_codes_are_those_the_story_needs_and_categories_are_ours() {
    let program = program();
    let promotions = list(&program, "promotions");
    let codes: Vec<&str> = promotions.iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, ["SPRING10", "WELCOME15", "JAZZ20", "SHELF25", "BIRTHDAY5", "FIRST100"]);
    for category in promotions.iter().filter_map(|one| one["scope"]["categories"].as_array()) {
        for name in category {
            assert!(Category::ALL.iter().any(|known| known.slug() == name));
        }
    }
    let issued: Vec<&Value> = promotions.iter().filter(|one| one["codes"] == "issued").collect();
    assert_eq!(issued.len(), 1);
    assert_eq!(list(&program, "tiers")[1]["entry"]["coupon"], issued[0]["id"]);
    let without = promotions.iter().filter(|one| one["code"].is_null());
    assert_eq!(without.count(), 2, "one is automatic");
}
