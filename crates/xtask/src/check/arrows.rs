//! Who may depend on whom. An arrow that points the wrong way is how a pure core rots.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::run;

/// Each crate of ours and the crates of ours it may use, in any kind of dependency.
const ARROWS: [(&str, &[&str]); 7] = [
    ("habitue-domain", &[]),
    ("habitue-api", &["habitue-domain"]),
    ("habitue-store", &["habitue-domain"]),
    ("habitue-server", &["habitue-api", "habitue-domain", "habitue-store"]),
    ("habitue-widget", &["habitue-api", "habitue-domain"]),
    ("habitue-demo", &[]),
    ("xtask", &[]),
];

/// Crates of others that belong into one room only.
const ROOMS: [(&str, &[&str]); 5] = [
    ("rusqlite", &["habitue-store"]),
    ("tokio-postgres", &["habitue-store"]),
    ("deadpool-postgres", &["habitue-store"]),
    ("refinery", &["habitue-store"]),
    ("axum", &["habitue-server", "habitue-demo"]),
];

/// One of our crates with the names of what it directly depends on.
struct Package {
    name: String,
    dependencies: Vec<String>,
}

/// Asks cargo for the manifests; no dependency has to be there for that.
pub fn check() -> Result<Vec<String>> {
    let arguments = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = run::output(&mut run::command("cargo", &arguments))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    Ok(violations(&packages(&metadata).context("cargo metadata has another shape")?))
}

fn packages(metadata: &Value) -> Option<Vec<Package>> {
    let name = |value: &Value| value["name"].as_str().map(str::to_owned);
    let package = |value: &Value| {
        let dependencies = value["dependencies"].as_array()?.iter().map(name);
        Some(Package { name: name(value)?, dependencies: dependencies.collect::<Option<_>>()? })
    };
    metadata["packages"].as_array()?.iter().map(package).collect()
}

/// Every dependency that no rule allows, and every crate of ours that no rule knows.
fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for Package { name, dependencies } in packages {
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| room == name) else {
            found.push(format!("{name} has no rule: say in arrows.rs what it may depend on"));
            continue;
        };
        for dependency in dependencies {
            let ours = packages.iter().any(|package| package.name == *dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                found.push(format!("{name} may not depend on {dependency}"));
            }
            let room = ROOMS.iter().find(|(foreign, _)| foreign == dependency);
            if let Some((_, homes)) = room.filter(|(_, homes)| !homes.contains(&name.as_str())) {
                let homes = homes.join(" and ");
                found.push(format!("{name} may not depend on {dependency}: only {homes} may"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies = dependencies.iter().copied().map(str::to_owned).collect();
        Package { name: name.to_owned(), dependencies }
    }

    fn house() -> Vec<Package> {
        vec![
            package("habitue-domain", &["serde", "proptest"]),
            package("habitue-api", &["habitue-domain", "serde"]),
            package("habitue-store", &["habitue-domain", "rusqlite", "refinery"]),
            package("habitue-server", &["habitue-api", "habitue-domain", "habitue-store", "axum"]),
            package("habitue-widget", &["habitue-api", "habitue-domain", "leptos"]),
            package("habitue-demo", &["axum", "reqwest"]),
            package("xtask", &["anyhow"]),
        ]
    }

    fn with(name: &str, dependency: &str) -> Vec<String> {
        let mut house = house();
        let room = house.iter_mut().find(|package| package.name == name).unwrap();
        room.dependencies.push(dependency.to_owned());
        violations(&house)
    }

    #[test]
    fn the_house_as_designed_is_in_order() {
        assert_eq!(violations(&house()), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_points_down_is_found() {
        assert_eq!(with("habitue-domain", "habitue-api").len(), 1);
        assert_eq!(with("habitue-store", "habitue-api").len(), 1);
        assert_eq!(with("habitue-api", "habitue-store").len(), 1);
        assert_eq!(with("habitue-widget", "habitue-store").len(), 1);
        assert_eq!(with("habitue-demo", "habitue-domain").len(), 1);
    }

    #[test]
    fn a_guest_in_the_wrong_room_is_found() {
        let found = with("habitue-server", "rusqlite");
        assert_eq!(found, ["habitue-server may not depend on rusqlite: only habitue-store may"]);
        assert_eq!(with("habitue-api", "axum").len(), 1);
        assert!(with("habitue-demo", "serde").is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        let mut house = house();
        house.push(package("habitue-console", &[]));
        assert_eq!(violations(&house).len(), 1);
    }

    #[test]
    fn packages_come_from_the_words_of_cargo() {
        let text = r#"{"packages":[{"name":"a","dependencies":[{"name":"b","kind":"dev"}]}]}"#;
        let packages = packages(&serde_json::from_str(text).unwrap()).unwrap();
        assert_eq!(packages[0].dependencies, ["b"]);
    }
}
