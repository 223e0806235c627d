//! What whoever picks up hears before they join, and how they prove to be there, as a program writes it.

use live::{Choice, Listens, Machine, Problem, Ring, Screen};
use serde::Deserialize;

use crate::documents::{SaidBody, said_document};
use crate::invalid::invalid;
use crate::listens::{LISTENS_SECONDS, listens};

/// How whoever picks up proves that a person is there.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Accept"))]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptBody {
    /// By this key.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9*#]$")))]
    key: Option<char>,
    /// By one of these, and little else: what says more is taken for a machine.
    #[serde(default)]
    phrases: Vec<String>,
    /// The language of the phrases, as `en-US`.
    #[serde(default)]
    speech: Option<String>,
    /// For how long nothing may come, each of two times that they are asked.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60), extend("default" = LISTENS_SECONDS)))]
    timeout_seconds: Option<u8>,
}

/// How somebody is called, and what whoever picks up hears and proves.
pub(crate) fn screened(
    ring: Ring,
    whisper: Option<SaidBody>,
    accept: Option<AcceptBody>,
) -> Result<Ring, Problem> {
    let Some(whisper) = whisper else {
        return match accept {
            None => Ok(ring),
            Some(_) => Err(invalid("`whisper`: what says how to accept the call is expected")),
        };
    };
    if ring.machine == Machine::WaitForBeep {
        return Err(invalid("`machine`: what is for a person is not said after a beep"));
    }
    let accept = accept.map(proof).transpose()?;
    let screen = Some(Screen { whisper: said_document(whisper, None)?, accept });
    Ok(Ring { screen, ..ring })
}

fn proof(accept: AcceptBody) -> Result<Listens, Problem> {
    let AcceptBody { key, phrases, speech, timeout_seconds } = accept;
    if key.is_none() && phrases.is_empty() {
        return Err(invalid("`accept`: a `key`, `phrases` or both are expected"));
    }
    let accepts = Choice { label: "accepts".to_owned(), key, phrases };
    let heard = Listens {
        max_keys: 0,
        stop_key: None,
        language: speech,
        hints: Vec::new(),
        choices: vec![accepts],
        timeout_seconds: timeout_seconds.unwrap_or(LISTENS_SECONDS),
        sensitive: false,
    };
    listens(heard, false)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(whisper: Value, accept: Value) -> Result<Ring, Problem> {
        let ring = Ring { ring_seconds: 20, machine: Machine::Ignore, send_digits: None, screen: None };
        screened(ring, serde_json::from_value(whisper).unwrap(), serde_json::from_value(accept).unwrap())
    }

    #[test]
    fn a_proof_is_read_with_what_goes_without_saying() {
        assert_eq!(read(Value::Null, Value::Null).unwrap().screen, None);
        let whisper = || json!({ "text": "Press one to talk to Kim." });
        let alone = read(whisper(), Value::Null).unwrap().screen.unwrap();
        assert_eq!(alone.accept, None);
        let by_key = read(whisper(), json!({ "key": "1" })).unwrap().screen.unwrap().accept.unwrap();
        assert_eq!((by_key.max_keys, by_key.timeout_seconds, by_key.language), (1, 5, None));
        let words = json!({ "phrases": ["yes"], "speech": "en-US", "timeout_seconds": 8 });
        let by_words = read(whisper(), words).unwrap().screen.unwrap().accept.unwrap();
        assert_eq!(
            (by_words.max_keys, by_words.timeout_seconds, &by_words.hints[..]),
            (0, 8, &["yes".to_owned()][..])
        );
        let cases = [
            (Value::Null, json!({ "key": "1" }), "`whisper`: what says how"),
            (whisper(), json!({}), "`accept`: a `key`"),
            (whisper(), json!({ "phrases": ["yes"] }), "`speech`: the language"),
            (whisper(), json!({ "key": "a" }), "`key`"),
            (json!({}), json!({ "key": "1" }), "`text`, `ssml`, `file`"),
        ];
        for (whisper, accept, expected) in cases {
            let cause = read(whisper.clone(), accept.clone()).unwrap_err().cause;
            assert!(cause.contains(expected), "{whisper} {accept}: {cause}");
        }
    }
}
