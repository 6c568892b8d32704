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
    let is_automatic = |one: &&Value| one["code"].is_null() && one["codes"].is_null();
    assert_eq!(promotions.iter().filter(is_automatic).count(), 1, "automatic");
}

#[test]
fn whoever_enters_a_tier_or_claims_a_reward_is_given_what_there_is() {
    let program = program();
    let issued = list(&program, "promotions").iter().filter(|it| it["codes"] == "issued");
    let issued: Vec<&Value> = issued.map(|promotion| &promotion["id"]).collect();
    assert!(issued.contains(&&list(&program, "tiers")[1]["entry"]["coupon"]));
    let granted = list(&program, "rewards").iter().map(|reward| &reward["grants"]["promotion"]);
    let granted: Vec<&Value> = granted.filter(|promotion| !promotion.is_null()).collect();
    assert_eq!(granted.len(), 2);
    assert!(granted.iter().all(|promotion| issued.contains(promotion)));
}

#[test]
fn a_paid_order_issues_a_code_for_the_next_one() {
    let program = program();
    let issued = list(&program, "promotions").iter().filter(|it| it["codes"] == "issued");
    let by_order: Vec<_> = issued.filter(|it| it["issued_by_order"]["days"] == 30).collect();
    assert_eq!(by_order.len(), 1);
    // In both currencies of the shop, or whoever pays in the other would get none.
    assert_eq!(list(&by_order[0]["issued_by_order"], "minimum").len(), 2);
}
