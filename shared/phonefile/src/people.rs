//! Reads `people`.

use domain::EmailAddress;

use crate::keys::PERSON;
use crate::model::Person;
use crate::place::Place;
use crate::reader::{Entry, Reader, short};
use crate::until::until;
use crate::yaml::{Node, What};

/// Everybody, also those of whom something could not be read.
pub(crate) fn people(reader: &mut Reader, node: Option<&Node>) -> Vec<Person> {
    let entries = reader.named(node, "people");
    entries.into_iter().map(|entry| person(reader, &entry)).collect()
}

fn person(reader: &mut Reader, entry: &Entry) -> Person {
    let Entry { place, name: id, value } = *entry;
    let what = format!("people.{id}");
    let has_browser = has(value, "browser");
    let fields = reader.fields(value, &PERSON, &what);
    let email = |reader: &mut Reader, key| {
        let node = fields.get(key)?;
        let text = reader.text(node, &format!("{what}.{key}"))?;
        let address = EmailAddress::parse(text);
        if address.is_err() {
            let cause = format!("{what}.{key}: {:?} is no e-mail address", short(text));
            reader.error(node.place, cause, "write it like name@example.com");
        }
        address.ok()
    };
    let (first, second) = (email(reader, "email"), email(reader, "second_email"));
    if let (Some(place), None) = (fields.place("second_email"), fields.get("email")) {
        reader.error(place, format!("{what} has a second e-mail address and no first"), "add `email`");
    }
    if fields.get("phone").is_none() {
        if has_browser {
            let cause = format!("{what} has a browser only, which rings nobody while its tab sleeps");
            reader.error(place, cause, "add `phone`");
        } else if fields.get("email").is_none() && !reader.has_faults_at(value.place) {
            let cause = format!("{what} has no telephone and no e-mail address");
            reader.error(place, cause, "add `phone` or `email`");
        }
    }
    let phone = fields.get("phone").and_then(|node| reader.target(node, &format!("{what}.phone")));
    let name = fields.get("name").and_then(|node| reader.text(node, &format!("{what}.name")));
    let mails = fields.get("missed_call_mail");
    let missed_call_mail = mails.and_then(|node| reader.flag(node, &format!("{what}.missed_call_mail")));
    let language = fields.get("language").and_then(|node| {
        let tag = reader.text(node, &format!("{what}.language"))?;
        reader.language(node.place, tag)
    });
    let away_until =
        until(reader, &fields, "away_until", &format!("{what}.away_until"), &format!("`{id}` does not ring"));
    Person {
        id: id.to_owned(),
        place,
        name: name.map(str::to_owned),
        phone,
        email: first,
        second_email: second,
        missed_call_mail: missed_call_mail.unwrap_or(false),
        language,
        away_until,
    }
}

fn has(node: &Node, name: &str) -> bool {
    let What::Map(map) = &node.what else { return false };
    map.iter().any(|(key, _)| matches!(&key.what, What::Text(key) if key == name))
}

/// The mailbox that is named, or the first of the people who have one.
pub(crate) fn mailbox(
    reader: &mut Reader,
    node: Option<&Node>,
    people: &[Person],
    file: Place,
) -> Option<String> {
    if let Some(node) = node {
        return mailbox_named(reader, node, people);
    }
    let first = people.iter().find(|person| person.email.is_some());
    if first.is_none() && !reader.is_broken("people") && !people.is_empty() {
        let place = people.first().map_or(file, |person| person.place);
        reader.error(
            place,
            "nobody has an e-mail address, so messages go nowhere",
            "add `email` to somebody",
        );
    }
    first.map(|person| person.id.clone())
}

/// A person who has a mailbox.
pub(crate) fn mailbox_named(reader: &mut Reader, node: &Node, people: &[Person]) -> Option<String> {
    let name = reader.name(node, "people", "person")?;
    if let Some(person) = people.iter().find(|person| person.id == name)
        && person.email.is_none()
        && !reader.has_faults_from(person.place)
    {
        let line = person.place.line;
        let cause = format!("`{name}` has no mailbox, for line {line} gives no e-mail address");
        reader.error(node.place, cause, "add `email` there, or name somebody else");
        return None;
    }
    Some(name)
}
