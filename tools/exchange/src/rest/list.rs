//! Lists by pages, as all resources are listed.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::form::{Form, bad};
use super::reply::{Content, Reply};
use crate::desk::Lists;

const DEFAULT_PAGE_SIZE: usize = 50;
const MOST_ON_A_PAGE: usize = 1000;

/// An entry of a list: what it is known by, and how it is shown.
pub(super) type Entry = (String, Value);

/// A page of a list. The entries stand in the order in which they are shown; a page goes on behind the last
/// entry seen, also when others came or went meanwhile.
pub(super) fn page(lists: Lists, name: &str, (path, query): (&str, &str), entries: Vec<Entry>) -> Reply {
    let form = Form::of(query.as_bytes());
    let number = |name: &str| match form.get(name).map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(bad(20001, &format!("Invalid parameter {name}"))),
    };
    let (size, page) = match (number("PageSize"), number("Page")) {
        (Ok(size), Ok(page)) => (size, page.unwrap_or(0)),
        (Err(reply), _) | (_, Err(reply)) => return reply,
    };
    let size = size.unwrap_or(DEFAULT_PAGE_SIZE).clamp(1, MOST_ON_A_PAGE);
    let length = lists.page_length.unwrap_or(size).min(size);
    let after = form.get("PageToken").map(|token| token.trim_start_matches("PA"));
    let begin = match after {
        Some(key) => {
            entries.iter().position(|(other, _)| other == key).map_or(entries.len(), |place| place + 1)
        }
        None => page.saturating_mul(length),
    };
    let count = entries.len();
    let shown: Vec<Entry> = entries.into_iter().skip(begin).take(length).collect();
    let link = |number: usize, after: Option<&str>| {
        let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !matches!(&**name, "Page" | "PageToken" | "PageSize"))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        pairs.push(("PageSize".into(), size.to_string()));
        pairs.push(("Page".into(), number.to_string()));
        if let Some(last) = after {
            pairs.push(("PageToken".into(), format!("PA{last}")));
        }
        crate::url::with_query(path, &pairs)
    };
    let has_more = begin + shown.len() < count;
    let next = shown.last().filter(|_| has_more).map(|(key, _)| link(page + 1, Some(key)));
    let end = begin + shown.len().saturating_sub(1);
    let mut body = Map::new();
    body.insert(name.to_owned(), shown.into_iter().map(|(_, value)| value).collect());
    for (name, value) in [
        ("page", json!(page)),
        ("page_size", json!(size)),
        ("start", json!(begin)),
        ("end", json!(end)),
        ("uri", json!(link(page, None))),
        ("first_page_uri", json!(link(0, None))),
        ("next_page_uri", json!(next)),
        ("previous_page_uri", Value::Null),
    ] {
        body.insert(name.to_owned(), value);
    }
    Reply::new(StatusCode::OK, Content::Json(Value::Object(body)))
}
