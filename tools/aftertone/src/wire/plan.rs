//! What to change on a number so that its calls come here.

use std::fmt;

use callflow::Callbacks;
use twilio::IncomingNumber;

/// Where a number is to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    voice: String,
    fallback: Option<String>,
    status: String,
}

/// What to change, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) obstacles: Vec<Obstacle>,
    /// Whether calls reach the stack as things are, with or without retries.
    pub(crate) voice_comes_here: bool,
}

/// A field of Twilio's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) name: &'static str,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Somebody may need what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A URL that is neither ours nor Twilio's own for new numbers.
    Foreign { name: &'static str, url: String },
    /// A `TwiML` app, whose URLs count instead of the number's.
    Application(String),
    /// A SIP trunk, which takes all calls.
    Trunk(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { name, url } => write!(f, "{name} is {url}"),
            Self::Application(sid) => write!(f, "the TwiML app {sid} answers its calls"),
            Self::Trunk(sid) => write!(f, "the SIP trunk {sid} takes its calls"),
        }
    }
}

impl Wanted {
    /// With retries where Twilio would make none: it reads them from the fragment, and sends none of it.
    pub(crate) fn new(voice: &str, fallback: Option<&str>, status: &str) -> Self {
        Self {
            voice: with_retries(voice, Callbacks::steering),
            fallback: fallback.map(|url| with_retries(url, Callbacks::steering)),
            status: with_retries(status, Callbacks::reporting),
        }
    }

    /// Whether a URL belongs to this stack, whatever its path and fragment.
    fn is_ours(&self, url: &str) -> bool {
        let fallback = self.fallback.as_deref().map(origin);
        [Some(origin(&self.voice)), Some(origin(&self.status)), fallback].contains(&Some(origin(url)))
    }
}

fn with_retries(url: &str, add: impl Fn(&str) -> String) -> String {
    if url.contains('#') { url.to_owned() } else { add(url) }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

/// What Twilio puts on a new number, and nobody misses.
fn is_twilios_own(url: &str) -> bool {
    ["https://demo.twilio.com/", "http://demo.twilio.com/"].iter().any(|own| url.starts_with(own))
}

/// Decides.
pub(crate) fn plan(number: &IncomingNumber, wanted: &Wanted) -> Plan {
    let voice_comes_here = without_fragment(&number.voice_url) == without_fragment(&wanted.voice);
    let mut plan = Plan { changes: Vec::new(), obstacles: Vec::new(), voice_comes_here };
    let mut change = |name, before: &str, after: &str| {
        if before != after {
            plan.changes.push(Change { name, before: before.to_owned(), after: after.to_owned() });
        }
    };
    change("VoiceUrl", &number.voice_url, &wanted.voice);
    change("VoiceMethod", &number.voice_method, "POST");
    if let Some(fallback) = &wanted.fallback {
        change("VoiceFallbackUrl", &number.voice_fallback_url, fallback);
        change("VoiceFallbackMethod", &number.voice_fallback_method, "POST");
    }
    change("StatusCallback", &number.status_callback, &wanted.status);
    change("StatusCallbackMethod", &number.status_callback_method, "POST");
    change("VoiceApplicationSid", &number.voice_application_sid, "");
    change("TrunkSid", &number.trunk_sid, "");

    let urls = [
        ("VoiceUrl", &number.voice_url),
        ("VoiceFallbackUrl", &number.voice_fallback_url),
        ("StatusCallback", &number.status_callback),
    ];
    for (name, url) in urls {
        let is_changed = plan.changes.iter().any(|change| change.name == name);
        if is_changed && !url.is_empty() && !wanted.is_ours(url) && !is_twilios_own(url) {
            plan.obstacles.push(Obstacle::Foreign { name, url: url.clone() });
        }
    }
    if !number.voice_application_sid.is_empty() {
        plan.obstacles.push(Obstacle::Application(number.voice_application_sid.clone()));
    }
    if !number.trunk_sid.is_empty() {
        plan.obstacles.push(Obstacle::Trunk(number.trunk_sid.clone()));
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        let base = "https://api.example.com/webhook";
        Wanted::new(
            &format!("{base}/voice"),
            Some("https://cdn.example.com/fallback"),
            &format!("{base}/status"),
        )
    }

    /// A number that leads here.
    fn wired() -> IncomingNumber {
        let wanted = wanted();
        IncomingNumber {
            voice_url: wanted.voice,
            voice_method: "POST".into(),
            voice_fallback_url: wanted.fallback.unwrap(),
            voice_fallback_method: "POST".into(),
            status_callback: wanted.status,
            status_callback_method: "POST".into(),
            ..IncomingNumber::default()
        }
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.changes.iter().map(|change| change.name).collect()
    }

    #[test]
    fn a_number_that_leads_here_is_left_alone() {
        assert_eq!(
            plan(&wired(), &wanted()),
            Plan { changes: vec![], obstacles: vec![], voice_comes_here: true }
        );
    }

    #[test]
    fn what_is_wanted_tells_twilio_to_try_again() {
        for url in [wanted().voice, wanted().fallback.unwrap(), wanted().status] {
            let (_, fragment) = url.split_once('#').unwrap();
            assert!(fragment.contains("rc=") && fragment.contains("5xx"), "{url}");
        }
        assert_eq!(Wanted::new("https://a/b#rc=0", None, "https://a/c").voice, "https://a/b#rc=0");
    }

    #[test]
    fn a_new_number_is_taken_without_a_question() {
        let new = IncomingNumber {
            voice_url: "https://demo.twilio.com/welcome/voice/".into(),
            voice_method: "POST".into(),
            voice_fallback_method: "POST".into(),
            status_callback_method: "POST".into(),
            ..IncomingNumber::default()
        };
        let plan = plan(&new, &wanted());
        assert_eq!(names(&plan), ["VoiceUrl", "VoiceFallbackUrl", "StatusCallback"]);
        assert_eq!(plan.obstacles, []);
    }

    #[test]
    fn what_is_ours_but_older_is_brought_up_to_date() {
        let mut older = wired();
        older.voice_url = "https://api.example.com/webhook/voice".into();
        older.voice_method = "GET".into();
        let plan = plan(&older, &wanted());
        assert_eq!((names(&plan), plan.obstacles.len()), (vec!["VoiceUrl", "VoiceMethod"], 0));
    }

    #[test]
    fn what_belongs_to_somebody_else_is_an_obstacle() {
        for foreign in [
            "https://crm.example.org/voice",
            "http://api.example.com/webhook/voice",
            "https://api.example.com.evil.org/webhook/voice",
            "https://handler.twilio.com/twiml/EH1",
        ] {
            let mut number = wired();
            number.voice_url = foreign.into();
            assert_eq!(
                plan(&number, &wanted()).obstacles,
                [Obstacle::Foreign { name: "VoiceUrl", url: foreign.into() }]
            );
        }
        let mut number = wired();
        number.voice_application_sid = "AP1".into();
        number.trunk_sid = "TK1".into();
        let plan = plan(&number, &wanted());
        assert_eq!(names(&plan), ["VoiceApplicationSid", "TrunkSid"]);
        assert_eq!(plan.obstacles, [Obstacle::Application("AP1".into()), Obstacle::Trunk("TK1".into())]);
    }

    #[test]
    fn without_a_fallback_the_numbers_own_stays() {
        let base = "https://api.example.com/webhook";
        let wanted = Wanted::new(&format!("{base}/voice"), None, &format!("{base}/status"));
        let mut number = wired();
        number.voice_fallback_url = "https://elsewhere.example.org/".into();
        assert_eq!(
            plan(&number, &wanted),
            Plan { changes: vec![], obstacles: vec![], voice_comes_here: true }
        );
    }
}
