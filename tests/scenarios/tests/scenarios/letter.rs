//! A mail as its reader has it.

use local::mailbox::Mail;
use mail_parser::{MessageParser, MimeHeaders as _};

/// A mail, parsed by a library that had no part in writing it.
#[derive(Clone, Debug)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// The ancestor by which mail programs put mails together.
    pub(crate) thread: String,
    pub(crate) sent_at: i64,
    pub(crate) sounds: Vec<Sound>,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sound {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Letter {
    pub(crate) fn read(mail: &Mail) -> Self {
        let parsed = MessageParser::default().parse(&mail.raw).expect("a mail");
        let address = |field: Option<&mail_parser::Address<'_>>| {
            field.unwrap().first().unwrap().address().unwrap().to_owned()
        };
        let to = address(parsed.to());
        assert_eq!(mail.recipients, [to.as_str()], "it goes to whom it names");
        let sounds = parsed.attachments().map(|part| {
            let content_type = part.content_type().unwrap();
            Sound {
                name: part.attachment_name().unwrap().to_owned(),
                content_type: format!("{}/{}", content_type.ctype(), content_type.subtype().unwrap()),
                bytes: part.contents().to_vec(),
            }
        });
        Self {
            from: address(parsed.from()),
            to,
            subject: parsed.subject().unwrap().to_owned(),
            text: parsed.body_text(0).unwrap().into_owned(),
            html: parsed.body_html(0).unwrap().into_owned(),
            thread: parsed.references().as_text().unwrap().to_owned(),
            sent_at: parsed.date().unwrap().to_timestamp(),
            sounds: sounds.collect(),
        }
    }

    /// The link in it, which both of its bodies have.
    pub(crate) fn link(&self) -> String {
        let begin = self.text.find("http://").expect("a link");
        let link: String = self.text[begin..].chars().take_while(|c| !c.is_whitespace()).collect();
        assert!(self.html.contains(&format!("href=\"{link}\"")), "{}", self.html);
        link
    }

    /// Whether both bodies say this.
    pub(crate) fn says(&self, words: &str) -> bool {
        let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;").replace('\'', "&#39;");
        let (text, html) = (self.text.contains(words), self.html.contains(&escaped));
        assert_eq!(text, html, "text and HTML differ about {words:?}:\n{}\n{}", self.text, self.html);
        text
    }
}
