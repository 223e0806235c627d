//! Cookies, which Twilio keeps for each leg: a server knows it again, and no other leg. Callbacks have none.

use std::collections::HashMap;
use std::sync::Mutex;

use phone::CallSid;

use crate::clock::lock;

/// Those of all legs.
#[derive(Default)]
pub(crate) struct Cookies(Mutex<HashMap<CallSid, Vec<Cookie>>>);

struct Cookie {
    host: String,
    name: String,
    value: String,
}

impl Cookies {
    /// What `Cookie` says when this leg asks at this URL; nothing without any.
    pub(crate) fn of(&self, sid: &CallSid, url: &str) -> Option<String> {
        let host = host_of(url);
        let all = lock(&self.0);
        let pairs: Vec<String> = all
            .get(sid)?
            .iter()
            .filter(|cookie| cookie.host == host)
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// A leg is no longer remembered.
    pub(crate) fn forget(&self, sid: &CallSid) {
        lock(&self.0).remove(sid);
    }

    /// Keeps what a server sets; an empty value takes it back.
    pub(crate) fn keep(&self, sid: &CallSid, url: &str, set: &[String]) {
        let host = host_of(url);
        let mut all = lock(&self.0);
        for line in set {
            let pair = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            let jar = all.entry(sid.clone()).or_default();
            jar.retain(|cookie| cookie.host != host || cookie.name != name);
            if !value.is_empty() {
                jar.push(Cookie { host: host.clone(), name, value });
            }
        }
    }
}

fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_back_to_its_server_from_its_leg_only() {
        let cookies = Cookies::default();
        let leg = |digit: char| CallSid::parse(&format!("CA{}", digit.to_string().repeat(32))).unwrap();
        let url = "https://User:x@Example.com/voice?a=b";
        cookies.keep(&leg('1'), url, &["seen=1; Path=/; HttpOnly".into(), "other=2".into()]);
        assert_eq!(cookies.of(&leg('1'), "https://example.com/next").as_deref(), Some("seen=1; other=2"));
        assert_eq!(cookies.of(&leg('1'), "https://example.org/next"), None);
        assert_eq!(cookies.of(&leg('2'), url), None);
        cookies.keep(&leg('1'), url, &["other=; Max-Age=0".into(), "seen=3".into()]);
        assert_eq!(cookies.of(&leg('1'), url).as_deref(), Some("seen=3"));
    }
}
