//! The page behind the link in a mail, in the owner's language.
//!
//! It is whole in itself: no script, nothing fetched but the sound, and that only when somebody
//! presses play. Its style is the one thing that its content security policy lets in, by hash.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{Language, Owner, Recorded, TranscriptStatus, Voicemail};
use jiff::tz::TimeZone;
use lifecycle::words;
use phone::Caller;
use sha2::{Digest as _, Sha256};
use texts::{Locale, Texts, caller, escape, visible};

pub use texts::{Notice, file_name};

/// The query of the link by which the player gets the sound.
pub const AUDIO: &str = "audio=1";

/// The query of the link by which the sound is saved.
pub const DOWNLOAD: &str = "download=1";

/// For whom a page is.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    /// The page's language.
    pub language: Language,
    /// Where its times are those of the clock on the wall.
    pub time_zone: TimeZone,
}

impl From<&Owner> for Reader {
    fn from(owner: &Owner) -> Self {
        Self { language: owner.language, time_zone: owner.time_zone.clone() }
    }
}

/// Light and dark, on any width.
const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#f4f5f7;--card:#fff;--ink:#1d2129;--faint:#646b78;\
--line:#3b6fe0;--tint:#f0f4fd;--on-line:#fff}\
@media(prefers-color-scheme:dark){:root{--paper:#14161a;--card:#1f2329;--ink:#e8eaee;\
--faint:#9aa2b1;--line:#7ba2ff;--tint:#272d3a;--on-line:#14161a}}\
*{box-sizing:border-box}\
body{margin:0;padding:24px 8px;background:var(--paper);color:var(--ink);\
font:17px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}\
main{max-width:560px;margin:6vh auto 0;padding:24px 16px;background:var(--card);border-radius:14px;\
box-shadow:0 1px 3px rgb(0 0 0/.12)}\
h1{margin:0 0 16px;font-size:1.3em;line-height:1.3;overflow-wrap:anywhere}\
audio{display:block;width:100%;margin:0 0 20px}\
h2{margin:0 0 6px;font-size:.85em;font-weight:600;color:var(--faint)}\
blockquote{margin:0 0 20px;padding:10px 16px;border-left:4px solid var(--line);\
background:var(--tint);border-radius:0 8px 8px 0;overflow-wrap:anywhere}\
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 8px;margin:0 0 20px}\
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}\
p{margin:0 0 16px}p.note{font-size:.9em;color:var(--faint)}p:last-child,dl:last-child{margin-bottom:0}\
a{color:var(--line)}\
a.button{display:inline-block;padding:10px 20px;border-radius:8px;background:var(--line);\
color:var(--on-line);text-decoration:none}";

/// What the page of a voicemail, and those of notices, may do in a browser: show their own style,
/// and play sound from here and, by a redirect, from `audio_origin`.
pub fn content_security_policy(audio_origin: &str) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; media-src 'self' {audio_origin}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page of a voicemail: player, words, who called whom, when, and how long.
pub fn page(voicemail: &Voicemail, reader: &Reader) -> String {
    let texts = Texts::of(reader.language);
    let unknown = Caller::parse("");
    let parties = voicemail.parties.as_ref();
    let from = parties.map_or(&unknown, |parties| &parties.caller);
    let Reader { language, ref time_zone } = *reader;
    let locale = Locale { language, time_zone, home: parties.map(|parties| &parties.number) };
    let shown = caller(from, parties.and_then(|parties| parties.caller_name.as_deref()), locale);
    let mut blocks = Vec::new();
    let note = |text: &str| format!("<p class=\"note\">{}</p>", escape(text.chars()));
    if voicemail.audio.is_some() {
        // Nothing is fetched before somebody presses play: to look at a page is not to listen.
        blocks.push(format!(
            "<audio controls preload=\"none\" src=\"?{AUDIO}\" aria-label=\"{}\"></audio>",
            escape(texts.listen.chars())
        ));
    } else if matches!(voicemail.recording, Recorded::Lost { .. }) {
        blocks.push(note(texts.lost));
    } else {
        blocks.push(note(texts.page.not_yet));
    }
    if let Some(destination) = &voicemail.destination {
        let words = words(voicemail, destination);
        if let TranscriptStatus::Known(words) = words {
            let lines: Vec<String> = words.trim().lines().map(|line| escape(visible(line))).collect();
            blocks.push(format!(
                "<h2>{}</h2>\n<blockquote dir=\"auto\">{}</blockquote>",
                escape(texts.words.chars()),
                lines.join("<br>\n")
            ));
        } else if let Some(reason) = texts.reason(words) {
            blocks.push(note(reason));
        }
    }
    blocks.push("<dl>".to_owned());
    let mut fact = |label: &str, value: String| {
        blocks.push(format!("<dt>{}</dt><dd dir=\"auto\">{value}</dd>", escape(label.chars())));
    };
    let caller_as_seen = shown.html();
    let is_conversation = voicemail.conversation.is_some();
    fact(
        if is_conversation { texts.page.with } else { texts.caller },
        match from.number() {
            Some(number) => format!("<a href=\"tel:{}\">{caller_as_seen}</a>", number.reveal()),
            None => caller_as_seen,
        },
    );
    if let Some(parties) = parties {
        let label = if is_conversation { texts.page.by_number } else { texts.number };
        fact(label, escape(locale.number(&parties.number).chars()));
    }
    fact(texts.time, escape(locale.time(voicemail.recorded_at).chars()));
    if let Some(seconds) = voicemail.recording.duration_seconds() {
        fact(texts.length, format!("{}:{:02}", seconds / 60, seconds % 60));
    }
    blocks.push("</dl>".to_owned());
    if voicemail.audio.is_some() {
        blocks.push(format!(
            "<p><a class=\"button\" href=\"?{DOWNLOAD}\" rel=\"nofollow\">{}</a></p>",
            escape(texts.page.download.chars())
        ));
    }
    let title = if is_conversation { texts.page.conversation } else { texts.subject };
    document(language, &title.replace("{caller}", &shown.to_string()), &blocks.join("\n"))
}

/// A page that says why there is no voicemail to see, and what to do.
pub fn notice(notice: Notice, language: Language) -> String {
    let (title, text) = Texts::of(language).page.notice(notice);
    document(language, title, &format!("<p>{}</p>", escape(text.chars())))
}

fn document(language: Language, title: &str, content: &str) -> String {
    let title = escape(title.chars());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex,nofollow\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1 dir=\"auto\">{title}</h1>\n{content}\n\
         </main>\n</body>\n</html>\n",
        language.tag()
    )
}

#[cfg(test)]
mod tests;
