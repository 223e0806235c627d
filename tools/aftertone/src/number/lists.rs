//! The callers in a number's lists, and how often each entry decided a call.

use std::collections::HashMap;

use anyhow::Result;
use domain::{Hits, InList};
use jiff::Timestamp;
use jiff::civil::Date;
use phone::PhoneNumber;
use phonefile::PhoneFile;
use serde_json::json;

use super::{blocked, file};
use crate::deployment::Deployment;
use crate::failures::store_error;
use crate::reading::international;
use crate::show;

/// An entry, and what came of it.
struct Listed {
    entry: InList,
    note: Option<String>,
    until: Option<Date>,
    calls: u32,
    last_at: Option<Timestamp>,
}

pub(super) async fn list(deployment: &Deployment, number: &PhoneNumber, json: bool) -> Result<()> {
    let file = file::in_force(deployment, number).await?;
    let blocked = blocked::blocked(deployment, number).await?;
    let listed = listed(&file, &blocked, hits(deployment, number).await?);
    if json {
        return show::json(&listed.iter().map(to_json).collect::<Vec<_>>());
    }
    if listed.is_empty() {
        show::line(format!("{} has nobody in a list.", international(number)));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
    show::table(&["LIST", "WHO", "UNTIL", "CALLS", "LAST", "NOTE"], &rows);
    Ok(())
}

/// `lists decided 7 calls, the last at 2026-11-20 10:00:25`; none where they decided none.
pub(super) async fn told(deployment: &Deployment, number: &PhoneNumber) -> Result<Option<String>> {
    let hits = hits(deployment, number).await?;
    let calls = hits.iter().fold(0_u32, |sum, hits| sum.saturating_add(hits.calls));
    let last_at = hits.iter().map(|hits| hits.last_at).max();
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    Ok(last_at.map(|at| format!("lists decided {calls}, the last at {}", show::time(at))))
}

/// Not those of an earlier owner.
async fn hits(deployment: &Deployment, number: &PhoneNumber) -> Result<Vec<Hits>> {
    let settings = deployment.store.number(number, Timestamp::now()).await;
    let since = settings.map_err(|error| store_error(&error))?.settings.since;
    let mut hits = deployment.store.hits(number).await.map_err(|error| store_error(&error))?;
    hits.retain(|hits| since.is_none_or(|since| hits.last_at >= since));
    Ok(hits)
}

/// In the order of the file; then who is blocked beside it.
fn listed(file: &PhoneFile, blocked: &[PhoneNumber], hits: Vec<Hits>) -> Vec<Listed> {
    let hits: HashMap<InList, Hits> = hits.into_iter().map(|hits| (hits.entry.clone(), hits)).collect();
    let listed = |entry: InList, note: Option<String>, until| {
        let hits = hits.get(&entry);
        let (calls, last_at) = (hits.map_or(0, |hits| hits.calls), hits.map(|hits| hits.last_at));
        Listed { entry, note, until, calls, last_at }
    };
    let of_file = file.lists.iter().flat_map(|list| list.entries.iter().map(move |entry| (list, entry)));
    let of_file = of_file.map(|(list, it)| {
        let entry = InList { list: Some(list.name.clone()), who: it.who.clone().into() };
        listed(entry, it.note.clone(), it.until)
    });
    let beside = blocked
        .iter()
        .map(|caller| listed(InList { list: None, who: caller.reveal().to_owned() }, None, None));
    of_file.chain(beside).collect()
}

fn row(listed: &Listed) -> Vec<String> {
    let Listed { entry: InList { list, who }, note, until, calls, last_at } = listed;
    vec![
        list.clone().unwrap_or_else(|| "(number block)".to_owned()),
        PhoneNumber::parse(who).map_or_else(|_| who.clone(), |number| international(&number)),
        until.map_or_else(String::new, |until| until.to_string()),
        calls.to_string(),
        last_at.map_or_else(|| "never".to_owned(), show::time),
        note.clone().unwrap_or_default(),
    ]
}

fn to_json(listed: &Listed) -> serde_json::Value {
    let Listed { entry: InList { list, who }, note, until, calls, last_at } = listed;
    json!({
        "list": list,
        "who": who,
        "note": note,
        "until": until.map(|until| until.to_string()),
        "calls": calls,
        "last_at": last_at.map(show::instant),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "number: \"+14155550101\"\ntime_zone: UTC\npeople:\n  ana: { phone: \"+12125550142\", email: a@x.example }\n\
        lists:\n  blocked: [anonymous, { who: \"+1900*\", note: rude, until: 2027-01-31 }]\n  old: [\"+1900*\"]\n\
        calls:\n  - { from: [blocked, old], do: reject }\n";

    #[test]
    fn each_entry_stands_with_its_hits_and_whom_nothing_lists_too() {
        let file = phonefile::read(FILE).unwrap().file;
        let friend = PhoneNumber::parse("+15035550111").unwrap();
        let last_at: Timestamp = "2026-11-30T18:00:00Z".parse().unwrap();
        let hits = |entry: &str, calls| Hits { entry: entry.parse().unwrap(), calls, last_at };
        let all = vec![hits("blocked#+1900*", 7), hits("#+15035550111", 1), hits("blocked#+1976*", 9)];
        let listed = listed(&file, &[friend], all);
        let told: Vec<(String, u32)> = listed.iter().map(|it| (it.entry.to_string(), it.calls)).collect();
        let expected =
            [("blocked#anonymous", 0), ("blocked#+1900*", 7), ("old#+1900*", 0), ("#+15035550111", 1)];
        assert_eq!(told, expected.map(|(entry, calls)| (entry.to_owned(), calls)));
        assert_eq!(row(&listed[1])[2..4], ["2027-01-31", "7"]);
        assert_eq!(row(&listed[0])[4], "never");
        assert_eq!(
            (&to_json(&listed[1])["note"], &to_json(&listed[3])["list"]),
            (&json!("rude"), &json!(null))
        );
    }
}
