//! The mails of the playground, for people: a list, and each mail as its reader has it.
//!
//! To look changes nothing. What stands in a mail comes from strangers, so its HTML is shown in a
//! frame that may run nothing and load nothing, under a policy that allows nothing else either;
//! only its links open, each in a window of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders as _};

use super::markup::escaped;
use super::post::{Mail, Shared, number};
use super::requests::answer;

/// What a page may do: nothing, but look as it does and play the sound that is written into it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; media-src data:; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Names by which this machine calls itself: another name that leads here is a stranger's.
const HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

const STYLE: &str = "body{margin:0 auto;max-width:960px;padding:16px;color:#1d2129;\
    font:16px/1.5 system-ui,sans-serif}table{border-collapse:collapse;width:100%}\
    td,th{padding:6px 12px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid #e3e5e8}\
    th{color:#6b7280;font-weight:normal;white-space:nowrap}a{color:#2456c4}\
    iframe{width:100%;height:520px;resize:vertical;border:1px solid #e3e5e8;margin:16px 0}\
    audio{width:100%}pre{white-space:pre-wrap;overflow-wrap:anywhere}";

/// The pages, beside what SES's clients ask for.
pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(list).fallback(answer))
        .route("/mails/{number}", get(show))
        .route("/mails/{number}/raw", get(raw))
        .route_layer(middleware::from_fn(guarded))
}

/// Answers whoever is on this machine, and lets no page do more than it must.
async fn guarded(request: Request, next: Next) -> Response {
    if request.method().is_safe() && !is_local(request.headers()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, next.run(request).await).into_response()
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = |rest: &str| rest.is_empty() || rest.starts_with(':');
    HOSTS.iter().any(|name| host.strip_prefix(name).is_some_and(port))
}

async fn list(State(shared): State<Arc<Shared>>) -> Html<String> {
    Html(list_page(&shared.post().mails))
}

async fn show(State(shared): State<Arc<Shared>>, Path(number): Path<u32>) -> Response {
    let page = mail(&shared, number).and_then(|mail| mail_page(&mail));
    page.map_or_else(|| no_mail(number), |page| Html(page).into_response())
}

async fn raw(State(shared): State<Arc<Shared>>, Path(number): Path<u32>) -> Response {
    let Some(mail) = mail(&shared, number) else { return no_mail(number) };
    let name = mail.path.file_name().and_then(|name| name.to_str()).unwrap_or("mail.eml");
    let attachment = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, "message/rfc822".to_owned()), (CONTENT_DISPOSITION, attachment)], mail.raw)
        .into_response()
}

fn mail(shared: &Shared, wanted: u32) -> Option<Mail> {
    shared.post().mails.iter().find(|mail| number(&mail.path) == Some(wanted)).cloned()
}

fn no_mail(number: u32) -> Response {
    let told = format!("<p>There is no mail {number}. <a href=\"/\">All mails</a></p>");
    (StatusCode::NOT_FOUND, Html(page("No such mail", "", &told))).into_response()
}

/// Newest first; it looks again every few seconds.
fn list_page(mails: &[Mail]) -> String {
    let rows: Vec<String> = mails
        .iter()
        .rev()
        .filter_map(|mail| {
            let number = number(&mail.path)?;
            let message = MessageParser::new().parse_headers(&mail.raw[..])?;
            let subject = message.subject().filter(|subject| !subject.is_empty()).unwrap_or("(no subject)");
            Some(format!(
                "<tr><td>{}</td><td>{}</td><td><a href=\"/mails/{number}\" dir=\"auto\">{}</a></td></tr>",
                escaped(&time(&message)),
                escaped(&mail.recipients.join(", ")),
                escaped(subject)
            ))
        })
        .collect();
    let content = if rows.is_empty() {
        "<p>No mail yet: it comes a while after a caller has left a message.</p>".to_owned()
    } else {
        format!("<table><tr><th>When</th><th>To</th><th>Subject</th></tr>{}</table>", rows.concat())
    };
    page("Mails", "<meta http-equiv=\"refresh\" content=\"3\">", &format!("<h1>Mails</h1>{content}"))
}

/// None for what is no mail.
fn mail_page(mail: &Mail) -> Option<String> {
    let number = number(&mail.path)?;
    let message = MessageParser::new().parse(&mail.raw[..])?;
    let subject = message.subject().unwrap_or_default();
    let facts =
        [("From", addresses(message.from())), ("To", addresses(message.to())), ("When", time(&message))];
    let mut rows: Vec<String> = facts
        .iter()
        .map(|(name, value)| format!("<tr><th>{name}</th><td>{}</td></tr>", escaped(value)))
        .collect();
    rows.extend(message.attachments().map(|part| {
        let name = escaped(part.attachment_name().unwrap_or("unnamed"));
        let kind = part.content_type().map_or_else(String::new, |it| {
            format!("{}/{}", it.ctype(), it.subtype().unwrap_or_default()).to_ascii_lowercase()
        });
        let size = part.contents().len();
        let player = if kind.starts_with("audio/") {
            let sound = BASE64.encode(part.contents());
            format!("<audio controls src=\"data:{};base64,{sound}\"></audio>", escaped(&kind))
        } else {
            String::new()
        };
        format!("<tr><th>Attached</th><td>{name} ({size} bytes){player}</td></tr>")
    }));
    let text = message.body_text(0).unwrap_or_default();
    // Where one kind of body is not there, it would be made of the other.
    let is_html = message.html_part(0).is_some_and(MessagePart::is_text_html);
    let body = if is_html {
        let html = escaped(&with_links_outside(&message.body_html(0).unwrap_or_default()));
        format!(
            "<iframe title=\"The mail\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" \
             srcdoc=\"{html}\"></iframe><details><summary>As plain text</summary><pre>{}</pre></details>",
            escaped(&text)
        )
    } else {
        format!("<pre>{}</pre>", escaped(&text))
    };
    Some(page(
        subject,
        "",
        &format!(
            "<p><a href=\"/\">All mails</a> · <a href=\"/mails/{number}/raw\">The file</a></p>\
             <h1 dir=\"auto\">{}</h1><table>{}</table>{body}",
            escaped(subject),
            rows.concat()
        ),
    ))
}

/// Links open in a window of their own: the frame may lead nowhere.
fn with_links_outside(html: &str) -> String {
    let base = "<base target=\"_blank\">";
    match html.find("<head>") {
        Some(head) => {
            let (before, after) = html.split_at(head + "<head>".len());
            format!("{before}{base}{after}")
        }
        None => format!("{base}{html}"),
    }
}

fn page(title: &str, head: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">{head}<title>{}</title><style>{STYLE}</style></head>\
         <body>{content}</body></html>",
        escaped(title)
    )
}

fn addresses(addresses: Option<&mail_parser::Address<'_>>) -> String {
    let all = addresses.into_iter().flat_map(mail_parser::Address::iter).map(|one| {
        let address = one.address().unwrap_or_default();
        one.name().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
    });
    all.collect::<Vec<_>>().join(", ")
}

fn time(message: &Message<'_>) -> String {
    let date = message.date().and_then(|date| Timestamp::from_second(date.to_timestamp()).ok());
    date.map_or_else(String::new, |date| date.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mailbox, send};
    use crate::browser;

    const HOSTILE: &str = "From: \"<b>Eve</b>\" <eve@example.com>\r\nTo: owner@example.com\r\n\
        Subject: <script>alert(1)</script>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <html><head></head><body onload=\"alert(2)\"><a href=\"http://127.0.0.1:1/v/t\">Listen</a></body></html>\r\n\
        --b\r\nContent-Type: audio/x-wav\r\nContent-Disposition: attachment; filename=\"a\\\"><script>.wav\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nUklGRg==\r\n--b--\r\n";

    #[tokio::test]
    async fn the_inbox_lists_mails_newest_first_and_shows_each() {
        let (_folders, mailbox, client) = mailbox().await;
        let empty = browser::open(&format!("{}/", mailbox.endpoint())).await;
        assert!(empty.status == 200 && empty.text().contains("No mail yet"), "{}", empty.text());
        let plain = "From: a@example.com\r\nTo: owner@example.com\r\nSubject: First & best\r\n\r\n1 < 2\r\n";
        send(&client, plain, &["owner@example.com"]).await.unwrap();
        send(&client, HOSTILE, &["owner@example.com"]).await.unwrap();

        let list = browser::open(&format!("{}/", mailbox.endpoint())).await;
        let place = |text: &str| list.text().find(text).unwrap();
        assert!(place("/mails/2") < place("/mails/1"));
        assert!(list.text().contains("First &amp; best") && list.text().contains("2026-11-21 10:00:00 UTC"));

        let first = browser::open(&format!("{}/mails/1", mailbox.endpoint())).await;
        assert!(first.text().contains("<pre>1 &lt; 2"), "{}", first.text());
        assert!(!first.text().contains("<iframe"));
        let raw = browser::open(&format!("{}/mails/1/raw", mailbox.endpoint())).await;
        assert_eq!(raw.body, mailbox.messages()[0].raw);
        assert_eq!(browser::open(&format!("{}/mails/3", mailbox.endpoint())).await.status, 404);
    }

    #[tokio::test]
    async fn a_strangers_mail_runs_and_loads_nothing_and_its_sound_plays() {
        let (_folders, mailbox, client) = mailbox().await;
        send(&client, HOSTILE, &["owner@example.com"]).await.unwrap();
        for path in ["/", "/mails/1"] {
            let page = browser::open(&format!("{}{path}", mailbox.endpoint())).await;
            assert!(!page.text().contains("<script") && !page.text().contains("<b>Eve"), "{}", page.text());
            let policy = page.header("content-security-policy").concat();
            assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("script"), "{policy}");
            assert_eq!(page.header("x-content-type-options"), ["nosniff"]);
        }
        let page = browser::open(&format!("{}/mails/1", mailbox.endpoint())).await;
        assert!(page.text().contains("src=\"data:audio/x-wav;base64,UklGRg==\""), "{}", page.text());
        // No allow-scripts, no allow-same-origin.
        assert!(page.text().contains("sandbox=\"allow-popups allow-popups-to-escape-sandbox\""));
        assert!(page.text().contains("srcdoc=\"&lt;html&gt;&lt;head&gt;&lt;base target=&quot;_blank&quot;"));
    }

    #[tokio::test]
    async fn the_inbox_is_only_looked_at_and_only_from_this_machine() {
        let (_folders, mailbox, client) = mailbox().await;
        send(&client, HOSTILE, &["owner@example.com"]).await.unwrap();
        for method in ["DELETE", "PUT", "POST"] {
            let url = format!("{}/mails/1", mailbox.endpoint());
            assert_eq!(browser::send(method, &url, &[], b"").await.unwrap().status, 405, "{method}");
        }
        let url = format!("{}/mails/1", mailbox.endpoint());
        let elsewhere = browser::send("GET", &url, &["Host: rebound.example"], b"").await.unwrap();
        assert_eq!((elsewhere.status, mailbox.messages().len()), (421, 1));
    }
}
