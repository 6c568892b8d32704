//! What the house gives is given once, however often the shop is opened.

use crate::gift::{FREE_CODE, give};

use super::Story;

#[tokio::test]
async fn the_gifts_of_the_house_are_given_once_and_said_on_the_login_page() {
    let mut story = Story::new().await;
    give(&story.shop).await;
    give(&story.shop).await;
    let issued = story.habitue.calls("POST /v1/gift-cards");
    let codes: Vec<_> = issued.iter().filter_map(|call| call.body["code"].as_str()).collect();
    let regulars = &story.shop.customers.regulars;
    let owned = [0, 1, 4].map(|place: usize| format!("SILLON-{}", regulars[place].id));
    assert_eq!(codes[..3], owned);
    assert_eq!(codes[3..], [FREE_CODE, FREE_CODE], "asked again, refused as taken");
    assert!(issued[3].body.get("customer").is_none());
    let credits = story.habitue.calls("/credit");
    assert_eq!(credits.len(), 3);
    assert_eq!(credits[0].body["amount"]["minor"], 1_200);
    let page = story.get("/login").await.text;
    assert_eq!(page.matches("Gift card of $25.00").count(), 3);
    assert!(page.contains(FREE_CODE) && !page.contains("SILLON-"));
}
