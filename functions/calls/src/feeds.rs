//! What is to go out of legs, sound or words, as a program writes it.

use std::collections::BTreeMap;

use endpoint::{Endpoint, Reach};
use live::{Code, Command, Engine, ParticipantId, Problem, Tracks};

use crate::invalid::invalid;
use crate::listens::MOST_HINTS;

/// How many parameters a web socket is told.
const MOST_PARAMETERS: usize = 20;

/// How long one may be, with its name, in characters.
const PARAMETER_CHARACTERS: usize = 499;

/// What a web socket is told by us.
const OURS: [&str; 3] = ["call_id", "participant_id", "action_id"];

/// A stream that a program wants.
pub(crate) struct StreamWanted {
    pub(crate) participant: Option<ParticipantId>,
    pub(crate) url: String,
    pub(crate) tracks: Tracks,
    pub(crate) bidirectional: bool,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// A stream, if Twilio has such.
pub(crate) fn stream(wanted: StreamWanted, reach: Reach) -> Result<Command, Problem> {
    let StreamWanted { participant, url, tracks, bidirectional, parameters } = wanted;
    let not_possible = |cause: &str| Err(Problem::new(Code::NotPossible, cause));
    let Some(participant) = participant else {
        return not_possible(
            "Twilio streams legs and no rooms: one `stream` for each `participant`; with `tracks` `both` one has all \
             whom that participant hears",
        );
    };
    if bidirectional {
        return not_possible(
            "a leg can be streamed both ways only by its own document: `<Connect><Stream>` in the `twiml` of a `hold`, \
             or of a new call",
        );
    }
    socket(&url, reach)?;
    if parameters.len() > MOST_PARAMETERS {
        return Err(invalid(format!("`parameters`: {MOST_PARAMETERS} at most")));
    }
    for (name, value) in &parameters {
        let is_long = name.chars().count() + value.chars().count() > PARAMETER_CHARACTERS;
        if name.is_empty() || is_long || OURS.contains(&name.as_str()) {
            return Err(invalid(format!(
                "`parameters`: names and values of up to {PARAMETER_CHARACTERS} characters together are expected, and \
                 none of the names `call_id`, `participant_id` and `action_id`, which are told anyway"
            )));
        }
    }
    Ok(Command::Stream { participant, url, tracks, parameters })
}

/// The address of a web socket, which has to be public as any other where something is sent.
fn socket(url: &str, reach: Reach) -> Result<(), Problem> {
    let expected = || invalid("`url`: a wss:// address without a query is expected");
    let rest = url.strip_prefix("ws").ok_or_else(expected)?;
    if !(rest.starts_with("s://") || rest.starts_with("://")) || url.contains('?') {
        return Err(expected());
    }
    // The same rules, by the names of their schemes.
    Endpoint::parse(&format!("http{rest}"), reach).map_err(|error| {
        let why = error.to_string().replace("https://", "wss://");
        invalid(format!("`url`: {why}"))
    })?;
    Ok(())
}

/// A transcription, if it makes sense.
pub(crate) fn transcribe(
    participants: Vec<ParticipantId>,
    spoken: String,
    hints: Vec<String>,
    partials: bool,
    engine: Engine,
) -> Result<Command, Problem> {
    if hints.len() > MOST_HINTS {
        return Err(invalid(format!("`hints`: {MOST_HINTS} at most")));
    }
    if hints.iter().any(|hint| hint.is_empty() || hint.contains(',') || hint.chars().count() > 100) {
        return Err(invalid("`hints`: each of up to 100 characters, without a comma"));
    }
    Ok(Command::Transcribe { participants, language: language(spoken)?, hints, partials, engine })
}

/// A language, as `en-US`.
pub(crate) fn language(text: String) -> Result<String, Problem> {
    let is_one = (2..=35).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_one { Ok(text) } else { Err(invalid("`language`: a language as `en-US` is expected")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(url: &str) -> StreamWanted {
        StreamWanted {
            participant: Some(ParticipantId(1)),
            url: url.to_owned(),
            tracks: Tracks::Both,
            bidirectional: false,
            parameters: BTreeMap::new(),
        }
    }

    #[test]
    fn a_web_socket_is_public_and_has_no_query() {
        for url in ["wss://media.example.com/a", "wss://media.example.com:8443"] {
            assert!(stream(wanted(url), Reach::Public).is_ok(), "{url}");
        }
        for url in [
            "ws://media.example.com",
            "https://media.example.com",
            "wsss://media.example.com",
            "wss://media.example.com/?a=b",
            "wss://media.example.com/#a",
            "wss://user:word@media.example.com",
            "wss://127.0.0.1",
            "wss://localhost",
            "wss://10.0.0.1",
            "wss://169.254.169.254",
            "wss://[::1]",
            "wss://",
            "",
        ] {
            let problem = stream(wanted(url), Reach::Public).unwrap_err();
            assert_eq!(problem.code, Code::InvalidRequest, "{url}");
            assert!(!problem.cause.contains("https"), "{url}: {}", problem.cause);
        }
        assert!(stream(wanted("ws://127.0.0.1:9000/a"), Reach::PublicAndLoopback).is_ok());
    }

    #[test]
    fn what_twilio_has_not_is_named_with_what_is_near() {
        let room = StreamWanted { participant: None, ..wanted("wss://a.example") };
        let both = StreamWanted { bidirectional: true, ..wanted("wss://a.example") };
        for (wanted, near) in [(room, "for each `participant`"), (both, "<Connect><Stream>")] {
            let problem = stream(wanted, Reach::Public).unwrap_err();
            assert_eq!(problem.code, Code::NotPossible);
            assert!(problem.cause.contains(near), "{}", problem.cause);
        }
    }

    #[test]
    fn parameters_and_languages_are_bounded() {
        let with = |name: &str, value: String| StreamWanted {
            parameters: BTreeMap::from([(name.to_owned(), value)]),
            ..wanted("wss://a.example")
        };
        assert!(stream(with("order", "7".repeat(494)), Reach::Public).is_ok());
        for (name, length) in [("order", 495), ("", 1), ("call_id", 1)] {
            assert!(stream(with(name, "7".repeat(length)), Reach::Public).is_err(), "{name} {length}");
        }
        for (text, is_one) in
            [("en-US", true), ("cmn-Hans-CN", true), ("e", false), ("en US", false), ("1", false)]
        {
            assert_eq!(language(text.to_owned()).is_ok(), is_one, "{text}");
        }
    }
}
