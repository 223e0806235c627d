//! The two bodies of a mail: plain text, and HTML that any mail program shows.

use domain::{Language, MailKind, TranscriptStatus};
use phone::PhoneNumber;
use texts::{ShownCaller, Texts, escape, visible};

/// What a mail says.
pub(super) struct Content<'a> {
    pub(super) kind: MailKind,
    pub(super) caller: ShownCaller,
    pub(super) callback: Option<&'a PhoneNumber>,
    /// As it is shown, as are the times.
    pub(super) number: String,
    pub(super) owner: Option<String>,
    /// The address that did not take the mail.
    pub(super) bounced: Option<&'a str>,
    pub(super) recorded_at: String,
    pub(super) length: Option<String>,
    pub(super) words: TranscriptStatus<'a>,
    /// Why there is no sound, if there is none.
    pub(super) missing: Option<&'static str>,
    /// Whether the owner was told before that there is none.
    pub(super) found_again: bool,
    pub(super) attached: bool,
    pub(super) link: Option<String>,
    pub(super) link_until: String,
    pub(super) language: Language,
}

impl Content<'_> {
    pub(super) fn text(&self, texts: &Texts) -> String {
        let colon = texts.colon;
        let mut lines: Vec<String> = Vec::new();
        if let Some(hello) = self.hello(texts) {
            lines.extend([hello, String::new()]);
        }
        for paragraph in self.opening(texts) {
            lines.extend([paragraph, String::new()]);
        }
        lines.extend(self.facts(texts).iter().map(|(label, value)| format!("{label}{colon}{value}")));
        lines.push(String::new());
        if let TranscriptStatus::Known(words) = self.words {
            lines.extend([format!("{}{}", texts.words, colon.trim_end()), String::new()]);
            lines.extend(words.trim().lines().map(|line| visible(line).collect()));
            lines.push(String::new());
        }
        if let Some(reason) = self.reason(texts) {
            lines.extend([reason.to_owned(), String::new()]);
        }
        lines.extend(self.note(texts).map(str::to_owned));
        if let Some(link) = &self.link {
            lines.push(format!("{}{colon}{link}", texts.listen));
            lines.push(self.link_until(texts));
        }
        if let Some(bounced) = self.bounced(texts) {
            lines.extend([String::new(), bounced]);
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.push(String::new());
        lines.join("\r\n")
    }

    pub(super) fn html(&self, texts: &Texts) -> String {
        let mut blocks = vec![format!(
            "<!DOCTYPE html>\r\n<html lang=\"{}\">\r\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"></head>\r\n\
             <body style=\"margin:0;padding:16px 8px;background:#f4f5f7;color:#1d2129;\
             font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\r\n\
             <div style=\"max-width:560px;margin:0 auto;padding:16px;background:#ffffff;border-radius:8px\">",
            self.language.tag()
        )];
        for paragraph in self.hello(texts).into_iter().chain(self.opening(texts)) {
            blocks.push(format!("<p style=\"margin:0 0 16px\">{}</p>", escape(paragraph.chars())));
        }
        if let TranscriptStatus::Known(words) = self.words {
            let lines: Vec<String> = words.trim().lines().map(|line| escape(visible(line))).collect();
            blocks.push(format!(
                "<blockquote style=\"margin:0 0 16px;padding:8px 16px;border-left:4px solid #3b6fe0;\
                 background:#f4f7fe\" dir=\"auto\">{}</blockquote>",
                lines.join("<br>\r\n")
            ));
        }
        blocks.push(
            "<table role=\"presentation\" style=\"margin:0 0 16px;border-collapse:collapse\">".to_owned(),
        );
        for (label, value) in self.facts(texts) {
            let value = match self.callback {
                _ if label != texts.caller => escape(value.chars()),
                Some(number) => {
                    let (number, caller) = (number.reveal(), self.caller.html());
                    format!("<a href=\"tel:{number}\" style=\"color:#3b6fe0\">{caller}</a>")
                }
                None => self.caller.html(),
            };
            blocks.push(format!(
                "<tr><td style=\"padding:2px 12px 2px 0;vertical-align:top;color:#6b7280\">{}</td><td dir=\"auto\">{value}</td></tr>",
                escape(label.chars())
            ));
        }
        blocks.push("</table>".to_owned());
        if let Some(link) = &self.link {
            blocks.push(format!(
                "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;padding:10px 20px;\
                 border-radius:6px;background:#3b6fe0;color:#ffffff;text-decoration:none\">{}</a></p>",
                escape(link.chars()),
                escape(texts.listen.chars())
            ));
        }
        let link_until = self.link.as_ref().map(|_| self.link_until(texts));
        let bounced = self.bounced(texts);
        let small = self.reason(texts).into_iter().chain(self.note(texts));
        let small = small.chain(link_until.as_deref()).chain(bounced.as_deref());
        for note in small {
            blocks.push(format!(
                "<p style=\"margin:0 0 4px;font-size:14px;color:#6b7280\">{}</p>",
                escape(note.chars())
            ));
        }
        blocks.push("</div>\r\n</body>\r\n</html>\r\n".to_owned());
        blocks.join("\r\n")
    }

    fn hello(&self, texts: &Texts) -> Option<String> {
        self.owner.as_ref().map(|name| texts.hello.replace("{name}", name))
    }

    fn opening(&self, texts: &Texts) -> Vec<String> {
        let opening = match self.kind {
            MailKind::Voicemail | MailKind::Second | MailKind::Resend(_) => texts.opening,
            MailKind::Transcript => texts.words_follow,
            MailKind::MissedCall => texts.missed,
        };
        let found_again = self.found_again.then(|| texts.found_again.to_owned());
        [opening.replace("{caller}", &self.caller.to_string())].into_iter().chain(found_again).collect()
    }

    fn bounced(&self, texts: &Texts) -> Option<String> {
        self.bounced.map(|address| texts.second_address.replace("{address}", address))
    }

    fn link_until(&self, texts: &Texts) -> String {
        texts.link_until.replace("{date}", &self.link_until)
    }

    fn facts<'t>(&self, texts: &'t Texts) -> Vec<(&'t str, String)> {
        let mut facts = vec![
            (texts.caller, self.caller.to_string()),
            (texts.number, self.number.clone()),
            (texts.time, self.recorded_at.clone()),
        ];
        if let Some(length) = &self.length {
            facts.push((texts.length, length.clone()));
        }
        facts
    }

    /// Why there are no words.
    fn reason<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        // Of a message without sound there is more to say than that it has no words.
        if self.missing.is_some() { None } else { texts.reason(self.words) }
    }

    /// Where the sound is.
    fn note<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        if self.missing.is_some() {
            return self.missing;
        }
        match (self.kind, &self.link) {
            (MailKind::Transcript | MailKind::MissedCall, _) => None,
            _ if self.attached => Some(texts.attached),
            (_, Some(_)) => Some(texts.too_large),
            (_, None) => None,
        }
    }
}
