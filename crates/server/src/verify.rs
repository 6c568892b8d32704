//! Whether the whole ledger still says what it said, page by page beside a running server.

use habitue_domain::id::ProgramId;
use habitue_domain::time::Timestamp;
use habitue_store::seal::{Seal, Sealed, seal};
use habitue_store::verify::{self, Finding, Walk};
use habitue_store::{Error, Store, Tx};

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Accounts with entries.
    pub accounts: u64,
    /// Entries.
    pub entries: u64,
    /// Transfers.
    pub transfers: u64,
    /// Seals.
    pub seals: u64,
    /// Rows that do not say what they must, each told once, in the order they were found.
    pub findings: Vec<Finding>,
}

/// Looks at every entry, transfer, lot, balance and seal.
///
/// # Errors
/// Faults of the database.
pub async fn verify(store: &Store) -> Result<Report, Error> {
    let mut report = Report::default();
    entries(store, &mut report).await?;
    rest(store, &mut report).await?;
    for program in programs(store).await? {
        seals(store, program, &mut report).await?;
    }
    let mut told = Vec::new();
    report.findings.retain(|finding| {
        let is_new = !told.contains(finding);
        told.push(finding.clone());
        is_new
    });
    Ok(report)
}

async fn entries(store: &Store, report: &mut Report) -> Result<(), Error> {
    let mut walk = Walk::default();
    loop {
        let from = walk.clone();
        let step = async move |tx: &mut Tx<'_>| -> Result<_, Error> {
            let mut walk = from.clone();
            let found = walk.step(tx).await?;
            Ok((walk, found))
        };
        let (further, found) = store.read(step).await?;
        walk = further;
        let Some(found) = found else { break };
        report.findings.extend(found);
    }
    (report.accounts, report.entries) = (walk.accounts, walk.entries);
    Ok(())
}

/// What the sums say: transfers, lots, balances, accounts without entries.
async fn rest(store: &Store, report: &mut Report) -> Result<(), Error> {
    let mut at = Some(String::new());
    while let Some(after) = at.take() {
        let look = async move |tx: &mut Tx<'_>| verify::transfers(tx, &after).await;
        let (read, last, found) = store.read(look).await?;
        report.transfers = report.transfers.saturating_add(read);
        report.findings.extend(found);
        at = last;
    }
    at = Some(String::new());
    while let Some(after) = at.take() {
        let look = async move |tx: &mut Tx<'_>| verify::lots(tx, &after).await;
        let (last, found) = store.read(look).await?;
        report.findings.extend(found);
        at = last;
    }
    at = Some(String::new());
    while let Some(after) = at.take() {
        let look = async move |tx: &mut Tx<'_>| verify::balances(tx, &after).await;
        let (last, found) = store.read(look).await?;
        report.findings.extend(found);
        at = last;
    }
    at = Some(String::new());
    while let Some(after) = at.take() {
        let look = async move |tx: &mut Tx<'_>| verify::hollow(tx, &after).await;
        let found = store.read(look).await?;
        at = found.last().map(|finding| finding.row.clone());
        report.findings.extend(found);
    }
    Ok(())
}

/// All programs.
///
/// # Errors
/// Faults of the database.
pub async fn programs(store: &Store) -> Result<Vec<ProgramId>, Error> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(ToString::to_string).unwrap_or_default();
        let look = async move |tx: &mut Tx<'_>| verify::programs(tx, &after).await;
        let page: Vec<ProgramId> = store.read(look).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

async fn seals(store: &Store, program: ProgramId, report: &mut Report) -> Result<(), Error> {
    let mut last: Option<Seal> = None;
    loop {
        let from = last.clone();
        let look = async move |tx: &mut Tx<'_>| verify::seals(tx, program, from.as_ref()).await;
        let (further, found) = store.read(look).await?;
        report.findings.extend(found);
        let Some(further) = further else { break };
        last = Some(further);
    }
    let sealed = last.map_or(0, |seal| u64::try_from(seal.number).unwrap_or_default());
    report.seals = report.seals.saturating_add(sealed);
    let count = async move |tx: &mut Tx<'_>| verify::sealed_count(tx, program).await;
    report.findings.extend(store.read(count).await?);
    Ok(())
}

/// Seals all that changed since the last seals; the finding that stopped it, if one did.
///
/// # Errors
/// Faults of the database.
pub async fn seal_all(store: &Store, now: Timestamp) -> Result<(usize, Option<Finding>), Error> {
    let mut sealed = 0_usize;
    loop {
        match store.write(async move |tx: &mut Tx<'_>| seal(tx, "", now).await).await? {
            Sealed::Nothing => return Ok((sealed, None)),
            Sealed::Accounts(accounts) => sealed = sealed.saturating_add(accounts),
            Sealed::Broken(finding) => return Ok((sealed, Some(finding))),
        }
    }
}
