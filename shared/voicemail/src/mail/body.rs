//! The two bodies of a mail: plain text, and HTML that any mail program shows.

use callflow::Language;
use phone::PhoneNumber;
use store::MailKind;

use super::texts::Texts;
use crate::step::{NoWords, Words};

/// What a mail says.
pub(super) struct Content<'a> {
    pub(super) kind: MailKind,
    /// As it is shown.
    pub(super) caller: String,
    pub(super) callback: Option<&'a PhoneNumber>,
    pub(super) number: &'a str,
    pub(super) owner: Option<String>,
    pub(super) recorded_at: String,
    pub(super) length: Option<String>,
    pub(super) words: Words<'a>,
    pub(super) lost: bool,
    pub(super) attached: bool,
    pub(super) link: Option<String>,
    pub(super) link_until: String,
    pub(super) language: Language,
}

impl Content<'_> {
    pub(super) fn text(&self, texts: &Texts) -> String {
        let mut text = String::new();
        let mut line = |content: &str| {
            text.push_str(content);
            text.push_str("\r\n");
        };
        line(&self.opening(texts));
        line("");
        for (label, value) in self.facts(texts) {
            line(&format!("{label}: {value}"));
        }
        line("");
        match self.words {
            Words::Known(words) => {
                line(&format!("{}:", texts.words));
                line("");
                for paragraph in words.lines() {
                    line(&visible(paragraph));
                }
                line("");
            }
            words => {
                if let Some(reason) = self.reason(words, texts) {
                    line(reason);
                    line("");
                }
            }
        }
        for note in self.notes(texts) {
            line(&note);
        }
        if let Some(link) = &self.link {
            line(&format!("{}: {link}", texts.listen));
            line(&texts.link_until.replace("{date}", &self.link_until));
        }
        text
    }

    pub(super) fn html(&self, texts: &Texts) -> String {
        let mut html = String::with_capacity(4_096);
        html.push_str(&format!(
            "<!DOCTYPE html>\r\n<html lang=\"{}\">\r\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"></head>\r\n\
             <body style=\"margin:0;padding:24px;background:#f4f5f7;color:#1d2129;\
             font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\r\n\
             <div style=\"max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px\">\r\n",
            self.language.tag()
        ));
        html.push_str(&format!("<p style=\"margin:0 0 16px\">{}</p>\r\n", escape(&self.opening(texts))));
        if let Words::Known(words) = self.words {
            html.push_str(&format!(
                "<blockquote style=\"margin:0 0 16px;padding:8px 16px;border-left:4px solid #3b6fe0;\
                 background:#f4f7fe;white-space:pre-wrap\" dir=\"auto\">{}</blockquote>\r\n",
                escape(&visible(words))
            ));
        }
        html.push_str("<table role=\"presentation\" style=\"margin:0 0 16px;border-collapse:collapse\">\r\n");
        for (label, value) in self.facts(texts) {
            let value = match self.callback {
                Some(number) if label == texts.caller => {
                    format!(
                        "<a href=\"tel:{}\" style=\"color:#3b6fe0\">{}</a>",
                        number.reveal(),
                        escape(&value)
                    )
                }
                _ => escape(&value),
            };
            html.push_str(&format!(
                "<tr><td style=\"padding:2px 16px 2px 0;color:#6b7280\">{}</td><td dir=\"auto\">{value}</td></tr>\r\n",
                escape(label)
            ));
        }
        html.push_str("</table>\r\n");
        if let Some(link) = &self.link {
            html.push_str(&format!(
                "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;padding:10px 20px;\
                 border-radius:6px;background:#3b6fe0;color:#ffffff;text-decoration:none\">{}</a></p>\r\n",
                escape(link),
                escape(texts.listen)
            ));
        }
        let mut small: Vec<String> = self.reason(self.words, texts).into_iter().map(str::to_owned).collect();
        small.extend(self.notes(texts));
        if self.link.is_some() {
            small.push(texts.link_until.replace("{date}", &self.link_until));
        }
        for note in small {
            html.push_str(&format!(
                "<p style=\"margin:0 0 4px;font-size:14px;color:#6b7280\">{}</p>\r\n",
                escape(&note)
            ));
        }
        html.push_str("</div>\r\n</body>\r\n</html>\r\n");
        html
    }

    fn opening(&self, texts: &Texts) -> String {
        let opening = match self.kind {
            MailKind::Voicemail => texts.opening,
            MailKind::Words => texts.words_follow,
        };
        let opening = opening.replace("{caller}", &self.caller);
        match &self.owner {
            Some(name) => format!("{} {opening}", texts.hello.replace("{name}", name)),
            None => opening,
        }
    }

    fn facts<'t>(&self, texts: &'t Texts) -> Vec<(&'t str, String)> {
        let mut facts = vec![
            (texts.caller, self.caller.clone()),
            (texts.number, self.number.to_owned()),
            (texts.time, self.recorded_at.clone()),
        ];
        if let Some(length) = &self.length {
            facts.push((texts.length, length.clone()));
        }
        facts
    }

    /// Why there are no words.
    fn reason<'t>(&self, words: Words<'_>, texts: &'t Texts) -> Option<&'t str> {
        match words {
            Words::Known(_) | Words::None(NoWords::Off) => None,
            // Of a message without sound there is more to say than that it has no words.
            _ if self.lost => None,
            Words::Awaited => Some(texts.awaited),
            Words::None(NoWords::TooShort) => Some(texts.too_short),
            Words::None(NoWords::TooLong) => Some(texts.too_long),
            Words::None(NoWords::Failed) => Some(texts.failed),
            Words::None(NoWords::NothingRecognised) => Some(texts.nothing_recognised),
        }
    }

    fn notes(&self, texts: &Texts) -> Vec<String> {
        let note = match (self.kind, self.lost, self.attached, &self.link) {
            (_, true, ..) => texts.lost,
            (MailKind::Words, ..) => return Vec::new(),
            (_, _, true, _) => texts.attached,
            (_, _, false, Some(_)) => texts.too_large,
            (_, _, false, None) => return Vec::new(),
        };
        vec![note.to_owned()]
    }
}

/// A stranger's words, without characters that are invisible or turn the reading direction.
fn visible(words: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    words.chars().filter(|c| !hidden(*c)).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
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
