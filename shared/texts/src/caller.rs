//! Who called, and any text of others, as they are shown.

use std::fmt;

use phone::Caller;

use crate::locale::Locale;
use crate::mail::Texts;

/// Who called, as far as that is known, as it is shown.
pub struct ShownCaller {
    name: Option<String>,
    who: String,
}

pub fn caller(caller: &Caller, name: Option<&str>, locale: Locale<'_>) -> ShownCaller {
    let who = match caller {
        Caller::Number(number) => locale.number(number),
        Caller::Withheld(_) => Texts::of(locale.language).withheld.to_owned(),
        caller => printable(&caller.reveal()),
    };
    ShownCaller { name: name.map(printable).filter(|name| !name.is_empty()), who }
}

impl ShownCaller {
    /// The number has a line of its own, so that a long name breaks none on a narrow screen.
    pub fn html(&self) -> String {
        let lines = self.name.iter().chain([&self.who]).map(|line| escape(line.chars()));
        lines.collect::<Vec<_>>().join("<br>")
    }
}

/// `Alice (+49 30 901820)`, or whatever is known. There are no brackets around brackets.
impl fmt::Display for ShownCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = &self.who;
        match &self.name {
            Some(name) if who.contains('(') => write!(f, "{name}, {who}"),
            Some(name) => write!(f, "{name} ({who})"),
            None => f.write_str(who),
        }
    }
}

/// A name on one line, without what could break a header or hide how the text really reads: also
/// not by way of an encoded word (RFC 2047), which whoever reads a header would decode.
pub fn printable(text: &str) -> String {
    visible(text).take(200).collect::<String>().trim().replace("=?", "= ?")
}

/// A text as it is seen, on one line.
pub fn visible(text: &str) -> impl Iterator<Item = char> {
    let breaks = |c: char| c.is_whitespace() && is_hidden(c);
    text.chars().map(move |c| if breaks(c) { ' ' } else { c }).filter(|c| !is_hidden(*c))
}

/// Characters that nobody sees but that change what is seen: controls, line separators, marks
/// that turn the reading direction, and those without any width.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

pub fn escape(text: impl IntoIterator<Item = char>) -> String {
    let mut escaped = String::new();
    for c in text {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
