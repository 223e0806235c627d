use domain::Transcript;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use domain::fixtures::{archived, destination, left, owner};

fn reader(language: Language, time_zone: &str) -> Reader {
    Reader::from(&owner(language, time_zone))
}

fn said(words: &str) -> Voicemail {
    Voicemail { transcript: Some(Transcript::words(domain::Engine::Twilio, words.to_owned())), ..archived() }
}

/// Without the style.
fn content(page: &str) -> &str {
    &page[page.find("<main>").unwrap()..]
}

#[test]
fn a_page_has_a_player_the_words_the_facts_and_a_download() {
    let mut voicemail = said("Hi Ada, it's <Charles>.\nPlease call me back.");
    voicemail.parties.as_mut().unwrap().caller_name = Some("BABBAGE & SON".to_owned());
    assert_snapshot!(content(&page(&voicemail, &reader(Language::English, "America/New_York"))), @r#"
    <main>
    <h1 dir="auto">Voicemail from BABBAGE &amp; SON, (212) 555-0123</h1>
    <audio controls preload="none" src="?audio=1" aria-label="Listen to the message"></audio>
    <h2>What was said</h2>
    <blockquote dir="auto">Hi Ada, it&#39;s &lt;Charles&gt;.<br>
    Please call me back.</blockquote>
    <dl>
    <dt>From</dt><dd dir="auto"><a href="tel:+12125550123">BABBAGE &amp; SON<br>(212) 555-0123</a></dd>
    <dt>To</dt><dd dir="auto">(415) 555-0100</dd>
    <dt>Time</dt><dd dir="auto">Nov 21, 2026, 9:05 AM EST</dd>
    <dt>Length</dt><dd dir="auto">0:42</dd>
    </dl>
    <p><a class="button" href="?download=1" rel="nofollow">Download</a></p>
    </main>
    </body>
    </html>
    "#);
}

#[test]
fn the_page_of_a_conversation_says_with_whom_it_was() {
    let voicemail = Voicemail { conversation: Some("CL00/p1".to_owned()), ..said("Hello.") };
    let page = page(&voicemail, &reader(Language::English, "America/New_York"));
    for expected in [
        "<h1 dir=\"auto\">Recorded conversation with (212) 555-0123</h1>",
        "<dt>With</dt><dd dir=\"auto\"><a href=\"tel:+12125550123\">(212) 555-0123</a></dd>",
        "<dt>Number</dt><dd dir=\"auto\">(415) 555-0100</dd>",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(!page.contains("oicemail"), "{page}");
}

#[test]
fn a_page_without_sound_says_why_and_offers_none() {
    for (voicemail, why) in [
        (Voicemail { destination: Some(destination()), ..left() }, "The recording is not here yet."),
        (
            Voicemail { recording: Recorded::Lost { error_code: None }, audio: None, ..archived() },
            "the telephone network could not keep the recording",
        ),
    ] {
        let page = page(&voicemail, &reader(Language::English, "UTC"));
        assert!(page.contains(why), "{page}");
        assert!(!page.contains("<audio") && !page.contains("download=1"), "{page}");
    }
}

#[test]
fn every_page_speaks_every_language_and_is_whole_in_itself() {
    let notices = [Notice::Expired, Notice::Withdrawn, Notice::Forged, Notice::Deleted, Notice::Later];
    for language in Language::ALL {
        let mut pages: Vec<String> = notices.into_iter().map(|it| notice(it, language)).collect();
        pages.push(page(&said("Hello."), &reader(language, "Asia/Shanghai")));
        for (place, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
            assert!(page.contains(STYLE) && page.matches("<style").count() == 1);
            // No script, no style in attributes, and no address but those of the page itself.
            for forbidden in ["<script", " style=", "http", "//", "url(", "@import", "{caller}"] {
                assert!(!page.contains(forbidden), "{forbidden} in {page}");
            }
            assert!(!pages[..place].contains(page), "no two pages say the same");
        }
    }
}

#[test]
fn the_policy_lets_in_the_style_and_the_sound_and_nothing_else() {
    assert_eq!(
        content_security_policy("https://audio.s3.eu-central-1.amazonaws.com"),
        format!(
            "default-src 'none'; style-src 'sha256-{}'; media-src 'self' \
             https://audio.s3.eu-central-1.amazonaws.com; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            STANDARD.encode(Sha256::digest(STYLE))
        )
    );
}

proptest! {
    #[test]
    fn no_words_and_no_name_get_out_of_their_place(words in ".*", name in ".*", from in ".*") {
        let mut voicemail = said(&words);
        let parties = voicemail.parties.as_mut().unwrap();
        parties.caller_name = Some(name);
        parties.caller = Caller::parse(&from);
        voicemail.destination.as_mut().unwrap().parties = parties.clone();
        let page = page(&voicemail, &reader(Language::English, "UTC"));
        let tags = |page: &str| -> Vec<String> {
            content(page).split('<').skip(1).map(|tag| tag.split('>').next().unwrap().to_owned()).collect()
        };
        // Breaks of lines, and a link to call back, are all that a message may bring.
        let plain: Vec<String> = tags(&page)
            .into_iter()
            .filter(|tag| tag != "br" && !tag.starts_with("a href=\"tel:+") && tag != "/a")
            .filter(|tag| !tag.contains("blockquote") && !tag.contains("h2") && !tag.starts_with("a class"))
            .filter(|tag| tag != "p class=\"note\"" && tag != "p" && tag != "/p")
            .collect();
        prop_assert_eq!(plain, [
            "main", "h1 dir=\"auto\"", "/h1",
            "audio controls preload=\"none\" src=\"?audio=1\" aria-label=\"Listen to the message\"", "/audio",
            "dl", "dt", "/dt", "dd dir=\"auto\"", "/dd", "dt", "/dt", "dd dir=\"auto\"", "/dd",
            "dt", "/dt", "dd dir=\"auto\"", "/dd", "dt", "/dt", "dd dir=\"auto\"", "/dd", "/dl",
            "/main", "/body", "/html",
        ]);
    }
}
