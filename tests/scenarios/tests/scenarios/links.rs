//! The link in the mail.

use domain::Language;
use hyper::{Method, Request};

use crate::world::{Got, MASKED_NUMBER, STRANGER_AS_WRITTEN, World, seconds};

impl World {
    /// What a browser's player, or anybody else, asks for.
    async fn asks(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Got {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.request(request.body(http_body_util::Full::default()).unwrap()).await
    }

    async fn plays(&self, link: &str) -> Got {
        let headers = [("sec-fetch-dest", "audio"), ("range", "bytes=0-")];
        self.asks(Method::GET, &format!("{link}?audio=1"), &headers).await
    }
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

#[tokio::test]
async fn the_link_opens_a_page_that_plays_and_saves_the_sound() {
    let world = World::new().await;
    let told = world.no_answer().await;
    let link = told.only_mail().link();
    let sound = told.story.recording().unwrap().speech.clone();

    let page = world.get(&link).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in [
        "(415) 555-0100",
        STRANGER_AS_WRITTEN,
        sound.words(),
        "Nov 20, 2026, 10:0",
        "src=\"?audio=1\"",
        "?download=1",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains(&format!("media-src 'self' {};", world.stack.bucket.endpoint())), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(page.header(name), value);
    }

    let redirect = world.plays(&link).await;
    assert_eq!((redirect.status, redirect.header("referrer-policy")), (302, "no-referrer"));
    let played = world.get(&redirect.location.unwrap()).await;
    assert_eq!((played.status, played.header("content-disposition")), (200, "inline"));
    assert!(played.body == sound.to_wav());

    let redirect = world.get(&format!("{link}?download=1")).await;
    let saved = world.get(&redirect.location.unwrap()).await;
    let name = saved.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"voicemail-2026-11-20-10"), "{name}");
    assert!(saved.body == sound.to_wav());
}

#[tokio::test]
async fn only_who_plays_the_sound_has_heard_it_the_first_time() {
    let world = World::new().await;
    let told = world.no_answer().await;
    let link = told.only_mail().link();
    let heard_at = async || {
        let row = world.stack.ledger.voicemail(&told.voicemail().recording_sid).await.unwrap();
        row.links.heard_at
    };
    let before = world.everything_stored().await;
    for (method, query) in [
        (Method::GET, ""),
        (Method::HEAD, ""),
        (Method::HEAD, "?audio=1"),
        (Method::GET, "?audio=1"),
        (Method::GET, "?download=1"),
    ] {
        let got = world.asks(method, &format!("{link}{query}"), &[]).await;
        assert!([200, 302].contains(&got.status), "{query}");
    }
    assert_eq!(world.everything_stored().await, before, "to look changes nothing");

    assert_eq!(world.plays(&link).await.status, 302);
    let first = heard_at().await;
    let now = world.stack.clock.now();
    assert_eq!(first.map(jiff::Timestamp::as_second), Some(now.as_second()));
    world.stack.clock.advance(seconds(60)).await;
    world.plays(&link).await;
    assert_eq!(heard_at().await, first);
    assert!(!world.stack.ledger.voicemail(&told.voicemail().recording_sid).await.unwrap().open);
}

#[tokio::test]
async fn altered_links_and_those_that_have_expired_say_so() {
    let world = World::new().await;
    let told = world.no_answer().await;
    let link = told.only_mail().link();
    let token = link.rsplit('/').next().unwrap();
    for place in [0, 20, 24, 30, 40, 57] {
        let mut altered: Vec<char> = token.chars().collect();
        altered[place] = if altered[place] == 'A' { 'B' } else { 'A' };
        let altered = link.replace(token, &altered.iter().collect::<String>());
        for query in ["", "?audio=1", "?download=1"] {
            let page = world.get(&format!("{altered}{query}")).await;
            assert_eq!(page.status, 404, "{place}");
            assert!(page.text().contains("This link does not work"));
        }
    }
    assert_eq!(world.get(&link[..link.len() - 1]).await.status, 404);
    let page = world.asks(Method::GET, &format!("{link}A"), &[("accept-language", "de-CH, en;q=0.5")]).await;
    assert!(page.text().contains("Dieser Link funktioniert nicht"));

    world.stack.clock.advance(seconds(31 * 24 * 3600)).await;
    for query in ["", "?audio=1"] {
        let page = world.get(&format!("{link}{query}")).await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("This link has expired"));
    }
}

#[tokio::test]
async fn links_that_were_called_back_open_nothing_and_later_ones_do() {
    let world = World::with_number(|number| number.owner.language = Language::French).await;
    world.exchange().set_transcription(exchange::Transcription::Completes { after: seconds(600) });
    let told = world.exchange().call(crate::world::stranger(), MASKED_NUMBER).await;
    let recording = told.recording().unwrap().sid.clone();
    let still = world.still_after(seconds(300)).await;
    world.stack.ledger.revoke_links(&recording).await.unwrap();
    drop(still);
    world.stack.clock.settled().await;

    let told = world.told(told).await;
    let [withdrawn, good] = &told.mails[..] else { panic!("{} mails", told.mails.len()) };
    for query in ["", "?audio=1", "?download=1"] {
        let page = world.get(&format!("{}{query}", withdrawn.link())).await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("Ce lien a été retiré"), "{}", page.text());
    }
    assert_eq!(world.get(&good.link()).await.status, 200);
    assert_eq!(world.plays(&good.link()).await.status, 302);
}
