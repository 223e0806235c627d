//! How a call goes on, as it stands in the address that Twilio asks next.
//!
//! The signature of a webhook is over its whole address: what comes back here is what was answered.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Course;
use serde::{Deserialize, Serialize};

/// The course of a call, and which change of it this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onward {
    /// The revision that the call's row has, unless it has gone on since.
    #[serde(rename = "r")]
    pub revision: u32,
    /// Where the call is.
    #[serde(rename = "c")]
    pub course: Course,
}

impl Onward {
    /// Of `[A-Za-z0-9_-]` only: Twilio signs some other characters otherwise than it sends them.
    pub fn write(&self) -> String {
        serde_json::to_vec(self).map(|json| URL_SAFE_NO_PAD.encode(json)).unwrap_or_default()
    }

    /// None of what another version has written, and this one does not know.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use domain::{Frame, Language, PlanAt, Stage, WaitSound};

    use super::*;

    #[test]
    fn what_is_written_into_an_address_comes_back() {
        let course = Course {
            file: 7,
            language: Language::German,
            place: vec![Frame(PlanAt::Rule(1), 2)],
            stage: Stage::Menu { menu: 0, silent: 1, wrong: 0, confirm: Some('2') },
            steps: 0,
            menus_since: Some(1_796_000_000),
            is_answered: true,
            wait: WaitSound::Music,
            is_offered: false,
        };
        let onward = Onward { revision: 3, course };
        let written = onward.write();
        assert!(written.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{written}");
        assert_eq!(Onward::read(&written), Some(onward));
        for text in ["", "x", "e30", "!!", &written[1..]] {
            assert_eq!(Onward::read(text), None, "{text}");
        }
    }

    /// Calls that are parked when a release is deployed come back with the addresses of the one before.
    #[test]
    fn an_address_of_the_release_before_still_leads_on() {
        let written =
            r#"{"r":1,"c":{"f":7,"l":"de","p":[["r1",2]],"s":{"a":"park","t":1796000000},"h":true}}"#;
        let onward = Onward::read(&URL_SAFE_NO_PAD.encode(written)).unwrap();
        assert_eq!((onward.course.wait, onward.course.is_answered), (WaitSound::Ringing, true));
        assert_eq!(String::from_utf8(URL_SAFE_NO_PAD.decode(onward.write()).unwrap()).unwrap(), written);
    }
}
