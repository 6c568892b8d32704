//! Gives points for birthdays: on the day, in the shop's zone, and for some days after where nothing
//! ran then.

use super::Slice;
use crate::action::{Deed, earn};
use crate::error::Error;
use crate::programs::Programs;
use habitue_domain::action::{ActionKind, Birthday};
use habitue_domain::id::{MemberId, ProgramId, ShopId};
use habitue_domain::time::{Date, Timestamp};
use habitue_store::action::{self, Event};
use habitue_store::{Tx, program, verify};

/// How many birthdays are kept in one transaction.
const MEMBERS: i64 = 40;
/// The most that a dry run counts.
const MANY: i64 = 100_000;
/// For how many days a birthday may come late.
const LATE_DAYS: i64 = 7;

/// Birthdays of one day that are to be kept.
struct Due {
    program: ProgramId,
    day: Date,
    from: Timestamp,
    members: Vec<(MemberId, ShopId)>,
}

/// The next birthdays, of one program and day.
pub async fn slice(tx: &mut Tx<'_>, now: Timestamp) -> Result<Slice, Error> {
    let programs = Programs::default();
    let Some(due) = due(tx, &programs, MEMBERS, now).await?.pop() else {
        return Ok(Slice::Last(0));
    };
    let (year, ..) = due.day.parts();
    for (member, shop) in &due.members {
        let id = format!("{member}.{year}");
        let event = Event { shop: *shop, action: ActionKind::Birthday.word(), id: &id };
        let deed = Deed { program: due.program, event, member: *member, occurred_at: due.from };
        earn(tx, &programs, &deed, now).await?;
    }
    Ok(Slice::More(due.members.len()))
}

/// The days with birthdays to be kept; at most `limit` of each.
async fn due(
    tx: &mut Tx<'_>,
    programs: &Programs,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Due>, Error> {
    let mut all = Vec::new();
    for id in verify::programs(tx, "").await? {
        if program::current(tx, id).await? == 0 {
            continue;
        }
        let today = programs.current(tx, id).await?.day_of(now);
        for day in (0..LATE_DAYS).filter_map(|late| today?.plus_days(-late)) {
            all.extend(of_day(tx, programs, (id, day), limit).await?);
        }
    }
    Ok(all)
}

async fn of_day(
    tx: &mut Tx<'_>,
    programs: &Programs,
    (program, day): (ProgramId, Date),
    limit: i64,
) -> Result<Option<Due>, Error> {
    let current = programs.current(tx, program).await?;
    let year = Date::new(day.parts().0, 1, 1).and_then(|first| current.start_of(first));
    let until = day.plus_days(1).and_then(|next| current.start_of(next));
    let (Some(from), Some(until), Some(year)) = (current.start_of(day), until, year) else {
        return Ok(None);
    };
    // The program of that day decides, as for whatever is told later.
    let version = program::in_force_at(tx, program, from).await?;
    let compiled = programs.version(tx, program, version).await?;
    if compiled.program.action(ActionKind::Birthday.word()).is_none() {
        return Ok(None);
    }
    let mut kept: Vec<String> = Birthday::kept_on(day).map(|it| it.to_string()).collect();
    kept.resize(2, String::new());
    let [one, other] = [0, 1].map(|n| kept.get(n).map_or("", String::as_str));
    let members = action::birthdays(tx, program, [one, other], (until, year), limit).await?;
    Ok((!members.is_empty()).then_some(Due { program, day, from, members }))
}

/// What it would do now.
pub async fn plan(tx: &mut Tx<'_>, now: Timestamp) -> Result<String, Error> {
    let all = due(tx, &Programs::default(), MANY, now).await?;
    let members: usize = all.iter().map(|due| due.members.len()).sum();
    Ok(format!("would give points to {members} members for their birthday"))
}
