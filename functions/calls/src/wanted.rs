//! What a program wants, as it writes it.

use std::collections::{BTreeMap, BTreeSet};

use live::{
    ActionId, Add, Address, Asked, Code, Command, Create, Document, MOST_PARTICIPANTS, Machine,
    ParticipantId, Problem, Refusal, Ring, Who,
};
use phone::{AccountSid, PhoneNumber};
use serde::Deserialize;
use serde_json::{Map, Value};
use twiml::voice::Response;

/// For how long it rings where nothing is said, in seconds.
const RING_SECONDS: u16 = 25;

/// For how long a call may go on where nothing is said, and at most, in seconds.
const LIMIT_SECONDS: u32 = 4 * 3600;

/// How long what a program calls a thing may be, in bytes.
const CONTEXT_BYTES: usize = 1024;

/// How long Twilio takes a document that it is given, in characters.
const TWIML_CHARACTERS: usize = 4000;

/// What Twilio takes with an address, in characters.
const HEADERS_CHARACTERS: usize = 1024;

/// A call that a program wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) from: PhoneNumber,
    pub(crate) account: Option<AccountSid>,
    pub(crate) create: Create,
    pub(crate) operation_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateBody {
    from: String,
    to: OneOrMany,
    #[serde(default)]
    who: Who,
    #[serde(default)]
    ring_seconds: Option<u16>,
    #[serde(default)]
    machine: Machine,
    #[serde(default)]
    send_digits: Option<String>,
    #[serde(default)]
    limit_seconds: Option<u32>,
    #[serde(default)]
    twiml: Option<String>,
    #[serde(default)]
    twiml_url: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    callback: Option<String>,
    #[serde(default)]
    operation_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Value>),
    One(Value),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum ActionBody {
    Add {
        to: Value,
        #[serde(default)]
        ring_seconds: Option<u16>,
        #[serde(default)]
        machine: Machine,
        #[serde(default)]
        send_digits: Option<String>,
    },
    Remove {
        participant: ParticipantId,
    },
    Mute {
        participant: ParticipantId,
    },
    Unmute {
        participant: ParticipantId,
    },
    Hold {
        participant: ParticipantId,
        #[serde(default)]
        twiml: Option<String>,
        #[serde(default)]
        twiml_url: Option<String>,
    },
    Resume {
        participant: ParticipantId,
    },
    Cancel {
        action: ActionId,
    },
    End {},
    Answer {
        #[serde(default)]
        twiml: Option<String>,
        #[serde(default)]
        twiml_url: Option<String>,
    },
    Reject {
        #[serde(default)]
        reason: Refusal,
    },
    Redirect {
        to: String,
        #[serde(default)]
        ring_seconds: Option<u16>,
    },
    Release {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressBody {
    address: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Reads what a call is to be.
pub(crate) fn call(body: Value) -> Result<Wanted, Problem> {
    let body: CreateBody = read(body)?;
    callback(body.callback.as_deref())?;
    let from = number("from", &body.from)?;
    let to = match body.to {
        OneOrMany::Many(many) => many,
        OneOrMany::One(one) => vec![one],
    };
    if to.is_empty() || to.len() > MOST_PARTICIPANTS {
        return Err(invalid(format!("`to`: 1 to {MOST_PARTICIPANTS} are expected")));
    }
    let to: Vec<Address> = to.into_iter().map(address).collect::<Result<_, _>>()?;
    let limit_seconds = body.limit_seconds.unwrap_or(LIMIT_SECONDS);
    if !(10..=LIMIT_SECONDS).contains(&limit_seconds) {
        return Err(invalid(format!("`limit_seconds`: 10 to {LIMIT_SECONDS} are expected")));
    }
    let account = body.account.as_deref().map(AccountSid::parse).transpose();
    let create = Create {
        to,
        who: body.who,
        ring: ring(body.ring_seconds, body.machine, body.send_digits)?,
        limit_seconds,
        document: document(body.twiml, body.twiml_url)?,
    };
    Ok(Wanted {
        from,
        account: account.map_err(|error| invalid(format!("`account`: {error}")))?,
        create,
        operation_context: context(body.operation_context)?,
    })
}

/// Reads what is to be done with a call.
pub(crate) fn action(mut body: Map<String, Value>) -> Result<(Command, Asked), Problem> {
    let mut common = |name: &str| match body.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("`{name}`: a text is expected"))),
    };
    callback(common("callback")?.as_deref())?;
    let asked = Asked { operation_context: context(common("operation_context")?)?, callback: None };
    let command = match read(Value::Object(body))? {
        ActionBody::Add { to, ring_seconds, machine, send_digits } => {
            Command::Add(Add { to: address(to)?, ring: ring(ring_seconds, machine, send_digits)? })
        }
        ActionBody::Remove { participant } => Command::Remove { participant },
        ActionBody::Mute { participant } => Command::Mute { participant },
        ActionBody::Unmute { participant } => Command::Unmute { participant },
        ActionBody::Hold { participant, twiml, twiml_url } => {
            Command::Hold { participant, document: document(twiml, twiml_url)? }
        }
        ActionBody::Resume { participant } => Command::Resume { participant },
        ActionBody::Cancel { action } => Command::Cancel { action },
        ActionBody::End {} => Command::End,
        ActionBody::Answer { twiml, twiml_url } => Command::Answer { document: document(twiml, twiml_url)? },
        ActionBody::Reject { reason } => Command::Reject { reason },
        ActionBody::Redirect { to, ring_seconds } => {
            let Ring { ring_seconds, .. } = ring(ring_seconds, Machine::Ignore, None)?;
            Command::Redirect { to: number("to", &to)?, ring_seconds }
        }
        ActionBody::Release {} => Command::Release,
    };
    Ok((command, asked))
}

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let why = error.inner();
        invalid(if path == "." { format!("the body: {why}") } else { format!("`{path}`: {why}") })
    })
}

fn invalid(cause: impl Into<String>) -> Problem {
    Problem::new(Code::InvalidRequest, cause)
}

fn number(name: &str, text: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text).map_err(|_| invalid(format!("`{name}`: a number as +14155550100 is expected")))
}

/// `+1415…`, `sip:…`, `client:…`; or an object, where headers or parameters go with it.
fn address(value: Value) -> Result<Address, Problem> {
    let AddressBody { address, headers } = match value {
        Value::String(address) => AddressBody { address, headers: BTreeMap::new() },
        value => read(value)?,
    };
    let length: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    if length > HEADERS_CHARACTERS {
        return Err(invalid("`headers`: more than Twilio takes, which is 1,024 characters"));
    }
    let is_name = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !headers.keys().all(is_name) {
        return Err(invalid("`headers`: names are of letters, digits, `-` and `_`"));
    }
    if let Some(identity) = address.strip_prefix("client:") {
        let is_identity = !identity.is_empty()
            && identity.len() <= 256
            && identity.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if !is_identity {
            return Err(invalid(
                "`to`: `client:` and up to 256 letters, digits, `_`, `-` and `.` are expected",
            ));
        }
        return Ok(Address::Client { identity: identity.to_owned(), parameters: headers });
    }
    if address.starts_with("sip:") || address.starts_with("sips:") {
        let is_uri = address.len() < 255
            && address.contains('@')
            && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"?&".contains(&byte));
        if !is_uri {
            return Err(invalid("`to`: `sip:`, a user, `@` and a host are expected, without a query"));
        }
        let may_go = |name: &String| name == "User-to-User" || name.to_ascii_lowercase().starts_with("x-");
        if !headers.keys().all(may_go) {
            return Err(invalid("`headers`: Twilio passes on `X-…` and `User-to-User` only"));
        }
        return Ok(Address::Sip { uri: address, headers });
    }
    if !headers.is_empty() {
        return Err(invalid("`headers`: none go with a telephone number"));
    }
    Ok(Address::Phone { number: number("to", &address)? })
}

fn ring(seconds: Option<u16>, machine: Machine, send_digits: Option<String>) -> Result<Ring, Problem> {
    let ring_seconds = seconds.unwrap_or(RING_SECONDS);
    if !(5..=600).contains(&ring_seconds) {
        return Err(invalid("`ring_seconds`: 5 to 600 are expected"));
    }
    if let Some(digits) = &send_digits {
        let is_key = |byte: u8| byte.is_ascii_digit() || b"wW*#".contains(&byte);
        if digits.is_empty() || digits.len() > 32 || !digits.bytes().all(is_key) {
            return Err(invalid(
                "`send_digits`: 1 to 32 of `0-9`, `*`, `#`, and `w` for half a second are expected",
            ));
        }
        if machine != Machine::Ignore {
            return Err(invalid(
                "`machine`: Twilio listens for machines only where no `send_digits` are pressed",
            ));
        }
    }
    Ok(Ring { ring_seconds, machine, send_digits })
}

fn document(twiml: Option<String>, url: Option<String>) -> Result<Option<Document>, Problem> {
    match (twiml, url) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid("`twiml`, `twiml_url`: only one of them makes sense")),
        (None, Some(url)) => {
            let is_url =
                url.starts_with("https://") && url.len() <= 4000 && !url.contains(char::is_whitespace);
            if is_url {
                Ok(Some(Document::Url(url)))
            } else {
                Err(invalid("`twiml_url`: an https:// address is expected"))
            }
        }
        (Some(text), None) => {
            if text.chars().count() > TWIML_CHARACTERS {
                return Err(invalid(format!("`twiml`: more than {TWIML_CHARACTERS} characters")));
            }
            Response::from_xml(&text).map_err(|error| invalid(format!("`twiml`: {error}")))?;
            Ok(Some(Document::Twiml(text)))
        }
    }
}

fn context(context: Option<String>) -> Result<Option<String>, Problem> {
    match context {
        Some(text) if text.len() > CONTEXT_BYTES => {
            Err(invalid(format!("`operation_context`: more than {CONTEXT_BYTES} bytes")))
        }
        context => Ok(context),
    }
}

/// Nothing is told unasked yet: better no call than one of which a program waits to hear.
fn callback(callback: Option<&str>) -> Result<(), Problem> {
    match callback {
        None => Ok(()),
        Some(_) => Err(invalid("`callback`: nothing is told unasked yet; ask for GET /v1/calls/{id}/events")),
    }
}

/// The telephones that a command calls.
pub(crate) fn phones<'a>(to: impl IntoIterator<Item = &'a Address>) -> BTreeSet<&'a PhoneNumber> {
    let phone = |address: &'a Address| match address {
        Address::Phone { number } => Some(number),
        Address::Sip { .. } | Address::Client { .. } | Address::Withheld => None,
    };
    to.into_iter().filter_map(phone).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(body: Value) -> String {
        call(body).unwrap_err().cause
    }

    fn with(name: &str, value: Value) -> Value {
        let mut body = json!({ "from": "+14155550100", "to": "+14155550142" });
        body[name] = value;
        body
    }

    #[test]
    fn a_call_is_read_with_what_goes_without_saying() {
        let wanted = call(json!({ "from": "+14155550100", "to": "+14155550142" })).unwrap();
        assert_eq!(wanted.create.ring.ring_seconds, 25);
        assert_eq!(wanted.create.limit_seconds, 14_400);
        assert_eq!(wanted.create.ring.machine, Machine::Ignore);
        assert_eq!(wanted.create.to.len(), 1);
        let sip = json!({ "address": "sip:ana@example.org", "headers": { "X-Order": "7" } });
        let many = call(with("to", json!(["+14155550142", "client:ana", sip]))).unwrap();
        assert_eq!(many.create.to.len(), 3);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            (json!({}), "missing field `from`"),
            (json!({ "from": "+14155550100" }), "missing field `to`"),
            (with("from", json!("4155550100")), "`from`: a number"),
            (with("to", json!([])), "`to`: 1 to 50"),
            (with("to", json!("911")), "`to`: a number"),
            (with("to", json!("sip:nobody")), "`to`: `sip:`"),
            (with("to", json!("client:")), "`to`: `client:`"),
            (
                with("to", json!({ "address": "sip:a@b", "headers": { "From": "x" } })),
                "`headers`: Twilio passes on",
            ),
            (
                with("to", json!({ "address": "+14155550142", "headers": { "X-A": "x" } })),
                "`headers`: none go",
            ),
            (with("ring_seconds", json!(4)), "`ring_seconds`: 5 to 600"),
            (with("ring_seconds", json!("4")), "`ring_seconds`: invalid type"),
            (with("limit_seconds", json!(5)), "`limit_seconds`: 10 to 14400"),
            (with("send_digits", json!("12a")), "`send_digits`: 1 to 32"),
            (with("machine", json!("perhaps")), "`machine`: unknown variant"),
            (with("twiml", json!("<Response>")), "`twiml`: "),
            (with("twiml_url", json!("http://example.org")), "`twiml_url`: an https://"),
            (with("callback", json!("https://example.org")), "`callback`: nothing is told"),
            (with("account", json!("AC1")), "`account`: "),
            (with("operation_context", json!("x".repeat(1025))), "`operation_context`: more than 1024"),
            (with("rings", json!(4)), "unknown field `rings`"),
        ];
        for (body, expected) in cases {
            let cause = refused(body.clone());
            assert!(cause.contains(expected), "{body}: {cause}");
        }
    }

    #[test]
    fn an_action_is_read_with_what_it_is_called() {
        let read = |body: Value| action(body.as_object().unwrap().clone());
        let (command, asked) =
            read(json!({ "type": "hold", "participant": "p2", "operation_context": "lunch" })).unwrap();
        assert_eq!(command, Command::Hold { participant: ParticipantId(2), document: None });
        assert_eq!(asked.operation_context.as_deref(), Some("lunch"));
        assert_eq!(read(json!({ "type": "end" })).unwrap().0, Command::End);
        let cases = [
            (json!({}), "missing field `type`"),
            (json!({ "type": "dance" }), "unknown variant `dance`"),
            (json!({ "type": "hold" }), "missing field `participant`"),
            (json!({ "type": "hold", "participant": "2" }), "no such name"),
            (json!({ "type": "end", "now": true }), "unknown field `now`"),
            (json!({ "type": "end", "callback": 7 }), "`callback`: a text"),
        ];
        for (body, expected) in cases {
            let cause = read(body.clone()).unwrap_err().cause;
            assert!(cause.contains(expected), "{body}: {cause}");
        }
    }
}
