//! What somebody hears in a call that programs steer: alone in a booth, or in a seat among the others.
//!
//! Each document ends with the question what comes next, so whatever a program wants meanwhile is heard soon, and
//! nobody is left without a next step. Who is alone for long is told goodbye: their address counts, so that also
//! happens where nothing can be read.

use domain::{Language, Spoken};
use live::{
    ASKED_TIMES, ActionId, Call, CallId, Command, Consent, Direction, Document, Listens, Offer, Participant,
    ParticipantId, Place, Screen,
};
use texts::Phrase;
use twiml::values::{ConferenceBeep, Method, ParticipantLabel, PlayDigits};
use twiml::voice::{Conference, Dial, Play, Redirect, Response, SpeechVerb};

use crate::answer::speak;
use crate::callbacks::Callbacks;
use crate::question::question;
use crate::sound::PIECE_SECONDS;

/// For how long somebody is alone in a booth before they are told goodbye, in seconds.
const ALONE_SECONDS: i64 = 300;

/// For how long a caller hears music, without anything that a program does, before the number's phone file goes on.
const FORGOTTEN_SECONDS: i64 = 60;

/// For how long somebody is on hold with whom nobody else is left, who can't go on by a phone file.
const HELD_SECONDS: i64 = 1800;

/// For how long after a key it is waited for another one, in seconds: what is pressed in one go is told together, for
/// between two documents keys are lost.
const BEHIND_KEYS: u8 = 1;

/// How often it is asked again where nothing can be read, before the leg ends.
const UNREAD_ROUNDS: u16 = 12;

/// A participant, as it stands in the addresses that Twilio asks for them: `b.CL….p1.2.0`, and one more number where
/// nothing can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoothAddress {
    /// Which call.
    pub call: CallId,
    /// Who.
    pub participant: ParticipantId,
    /// Which version of what they hear they were led to.
    pub version: u32,
    /// How often it was asked already since they were led there.
    pub round: u16,
    /// In how many rounds running nothing could be read.
    pub unread: u16,
}

impl BoothAddress {
    /// Of a participant who is led to their place.
    pub fn new(call: CallId, participant: ParticipantId, version: u32) -> Self {
        Self { call, participant, version, round: 0, unread: 0 }
    }

    /// Of `[A-Za-z0-9.]` only.
    pub fn write(&self) -> String {
        let address = format!("b.{}.{}.{}.{}", self.call, self.participant, self.version, self.round);
        if self.unread == 0 { address } else { format!("{address}.{}", self.unread) }
    }

    /// None of what is no such address.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let is_one = parts.next() == Some("b");
        let (call, participant) = (parts.next()?, parts.next()?);
        let (version, round) = (parts.next()?, parts.next()?);
        let address = Self {
            call: call.parse().ok()?,
            participant: participant.parse().ok()?,
            version: version.parse().ok()?,
            round: round.parse().ok()?,
            unread: parts.next().map_or(Some(0), |unread| unread.parse().ok())?,
        };
        (is_one && parts.next().is_none()).then_some(address)
    }

    fn next_round(&self) -> Self {
        Self { round: self.round.saturating_add(1), unread: 0, ..self.clone() }
    }
}

/// A recording of a participant, as it stands in the address where Twilio reports how it goes: `r.CL….p1.a2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingAddress {
    /// Of which call.
    pub call: CallId,
    /// Of whom.
    pub participant: ParticipantId,
    /// For what.
    pub action: ActionId,
}

impl RecordingAddress {
    /// Of `[A-Za-z0-9.]` only.
    pub fn write(&self) -> String {
        format!("r.{}.{}.{}", self.call, self.participant, self.action)
    }

    /// None of what is no such address.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let is_one = parts.next() == Some("r");
        let address = Self {
            call: parts.next()?.parse().ok()?,
            participant: parts.next()?.parse().ok()?,
            action: parts.next()?.parse().ok()?,
        };
        (is_one && parts.next().is_none()).then_some(address)
    }
}

/// Whether a caller has been alone for long with a program that wants nothing: it may be gone.
pub fn is_forgotten(call: &Call, address: &BoothAddress) -> bool {
    let Some((caller, it)) = call.caller() else { return false };
    let is_alone = call.present().all(|(id, _)| id == caller);
    let seconds = match it.wanted.place {
        // A program that hears them may be there.
        Some(Place::Booth) if it.wanted.listens.is_some() => ALONE_SECONDS,
        Some(Place::Booth) => FORGOTTEN_SECONDS,
        // For how long they may wait there, the program has said.
        Some(Place::Hold | Place::Seat | Place::Bridge) | None => return false,
    };
    // What a webhook says that comes late is of what they heard before.
    let has_waited = address.version == it.wanted.version && waited(it, address) >= seconds;
    caller == address.participant && it.is_there() && is_alone && call.is_idle() && has_waited
}

/// Whether this is a caller who goes on without the programs.
pub fn is_given_back(call: &Call, address: &BoothAddress) -> bool {
    let is_caller = call.caller().is_some_and(|(caller, _)| caller == address.participant);
    is_caller && call.offer() == Offer::PlanGoesOn
}

/// What a participant hears now, by what is wanted of them; where that is over, their leg ends. `plan` is how a call
/// that came in goes on without a program.
pub fn booth(
    call: &Call,
    address: &BoothAddress,
    plan: Option<&str>,
    callbacks: &Callbacks,
    language: Language,
) -> Response {
    let ends = || Response::new().hangup();
    let Some(it) = call.participants.get(&address.participant) else { return ends() };
    if let Some(plan) = plan
        && is_given_back(call, address)
    {
        return Response::new().redirect(Redirect::new(callbacks.wait(plan)));
    }
    if call.is_over() || it.wanted.gone.is_some() || !it.is_present() {
        return ends();
    }
    if let Some(screen) = call.screen_of(address.participant) {
        return screens(screen, address, callbacks);
    }
    // Where they were led before is not where they are wanted now; that they come here is proved by their asking there.
    if it.is_there() && address.version != it.wanted.version {
        let now = BoothAddress::new(call.id.clone(), address.participant, it.wanted.version);
        return Response::new().redirect(Redirect::new(callbacks.booth(&now.write())));
    }
    if let Some(media) = it.wanted.media.first().and_then(|id| call.actions.get(id)) {
        return of_media(&media.command, address, callbacks);
    }
    if call.listens_to(address.participant).is_some() {
        return hears_keys(call, it, address, callbacks, language);
    }
    match it.wanted.place {
        Some(Place::Seat) => seat(call, it, address, callbacks),
        Some(Place::Hold) => match &it.wanted.hold_document {
            Some(document) => hears(document, Some(address), callbacks),
            None => waits(address, held_seconds(call, address.participant), callbacks, language),
        },
        _ if it.wanted.version == 1 => match &call.document {
            // Who called us is not hung up on because a document is over.
            Some(_) if address.round > 0 => waits(address, ALONE_SECONDS, callbacks, language),
            Some(document) => {
                let again = (call.direction == Direction::Incoming).then_some(address);
                hears(document, again, callbacks)
            }
            None => waits(address, ALONE_SECONDS, callbacks, language),
        },
        _ => waits(address, ALONE_SECONDS, callbacks, language),
    }
}

/// What a participant hears of whom nothing can be read: the sound of ringing, and then the end.
pub fn booth_unread(address: &BoothAddress, callbacks: &Callbacks, language: Language) -> Response {
    if address.unread >= UNREAD_ROUNDS {
        return goodbye(language);
    }
    // How long they were alone before does not count: perhaps they are to wait for much longer.
    let unread = address.unread.saturating_add(1);
    plays(&callbacks.ringing(), &BoothAddress { unread, ..address.next_round() }, callbacks)
}

/// What whoever picks up hears before they join, and is asked.
fn screens(screen: &Screen, address: &BoothAddress, callbacks: &Callbacks) -> Response {
    match &screen.accept {
        None => hears(&screen.whisper, Some(address), callbacks),
        // Nothing proved it: what is asked for next ends the leg.
        Some(_) if address.round >= ASKED_TIMES => Response::new().hangup(),
        Some(accept) => asks(Some(&screen.whisper), accept, &address.next_round().write(), callbacks),
    }
}

/// What is played to somebody, or asked of them. Behind it comes the question what comes next, which proves that they
/// heard it to its end.
fn of_media(command: &Command, address: &BoothAddress, callbacks: &Callbacks) -> Response {
    let next = address.next_round().write();
    match command {
        Command::Recognize { prompt, listens, .. } => asks(prompt.as_ref(), listens, &next, callbacks),
        Command::Record { consent: Consent::Ask { said, listens }, .. } => {
            asks(Some(&said.document), listens, &next, callbacks)
        }
        Command::Record { consent: Consent::Announce(said), .. } => {
            hears(&said.document, Some(address), callbacks)
        }
        Command::SendKeys { keys, .. } => Response::new()
            .play(keys.parse::<PlayDigits>().map(Play::keys).unwrap_or_default())
            .redirect(Redirect::new(callbacks.booth(&next))),
        Command::Play { document, .. } => hears(document, Some(address), callbacks),
        // Nothing else is played.
        _ => Response::new().redirect(Redirect::new(callbacks.booth(&next))),
    }
}

/// Somebody is asked for keys or words.
fn asks(prompt: Option<&Document>, listens: &Listens, next: &str, callbacks: &Callbacks) -> Response {
    let action = callbacks.booth_heard(next);
    let prompts = match prompt {
        Some(Document::Twiml(text)) => Response::from_xml(text).unwrap_or_default().into_speech(),
        Some(Document::Url(_)) | None => Vec::new(),
    };
    Response::new().gather(question(prompts, listens, &action)).redirect(Redirect::new(action))
}

fn seat(call: &Call, it: &Participant, address: &BoothAddress, callbacks: &Callbacks) -> Response {
    let label = address.participant.to_string();
    let room = Conference::new(call.id.as_str())
        .muted(it.wanted.muted)
        .beep(ConferenceBeep::False)
        .start_conference_on_enter(true)
        // No leg that leaves may end it for the others.
        .end_conference_on_exit(false)
        // Whoever is first waits for the others; a sound that is over is silence, and nothing is asked for again.
        .wait_url(callbacks.alone())
        .wait_method(Method::Get);
    let room = match label.parse::<ParticipantLabel>() {
        Ok(label) => room.participant_label(label),
        Err(_) => room,
    };
    let coached = it.wanted.coaches.and_then(|id| call.participants.get(&id)?.call_sid.as_ref());
    let room = match coached {
        Some(coached) => room.coach(coached.as_str()),
        None => room,
    };
    let next = BoothAddress { round: 0, unread: 0, ..address.clone() };
    Response::new().dial(Dial::new().action(callbacks.booth_left(&next.write())).conference(room))
}

/// A program's own document. What follows is asked again where the document itself does not end the leg.
fn hears(document: &Document, again: Option<&BoothAddress>, callbacks: &Callbacks) -> Response {
    let response = match document {
        Document::Url(url) => return Response::new().redirect(Redirect::new(url.as_str())),
        // It was read when it was accepted.
        Document::Twiml(text) => Response::from_xml(text).unwrap_or_default(),
    };
    match again {
        Some(address) => response.redirect(Redirect::new(callbacks.booth(&address.next_round().write()))),
        None => response,
    }
}

/// Music, or what a program says to whoever is on hold, in which each key is heard.
fn hears_keys(
    call: &Call,
    it: &Participant,
    address: &BoothAddress,
    callbacks: &Callbacks,
    language: Language,
) -> Response {
    let is_held = it.wanted.place == Some(Place::Hold);
    let seconds = if is_held { held_seconds(call, address.participant) } else { ALONE_SECONDS };
    if waited(it, address) >= seconds {
        return goodbye(language);
    }
    let said = match &it.wanted.hold_document {
        Some(Document::Twiml(text)) if is_held => Response::from_xml(text).unwrap_or_default().into_speech(),
        _ => Vec::new(),
    };
    let music = || vec![SpeechVerb::Play(Play::new(callbacks.music()))];
    let prompts = if said.is_empty() { music() } else { said };
    let listens = Listens {
        max_keys: 0,
        stop_key: None,
        language: None,
        hints: Vec::new(),
        choices: Vec::new(),
        timeout_seconds: BEHIND_KEYS,
        sensitive: false,
    };
    let action = callbacks.booth_heard(&address.next_round().write());
    Response::new().gather(question(prompts, &listens, &action)).redirect(Redirect::new(action))
}

/// For how long somebody may be on hold, in seconds: as long as somebody else is there. A caller goes on by the phone
/// file, or leaves a message, as soon as they are [forgotten](live::Work::GiveBack).
fn held_seconds(call: &Call, id: ParticipantId) -> i64 {
    let is_caller = call.caller().is_some_and(|(caller, _)| caller == id);
    if is_caller || call.present().count() > 1 { i64::MAX } else { HELD_SECONDS }
}

/// For how long somebody has waited, in seconds: since they last pressed a key that was listened for.
fn waited(it: &Participant, address: &BoothAddress) -> i64 {
    i64::from(address.round.saturating_sub(it.keys_round)).saturating_mul(PIECE_SECONDS)
}

fn waits(address: &BoothAddress, seconds: i64, callbacks: &Callbacks, language: Language) -> Response {
    if i64::from(address.round).saturating_mul(PIECE_SECONDS) >= seconds {
        return goodbye(language);
    }
    plays(&callbacks.music(), &address.next_round(), callbacks)
}

fn plays(sound: &str, next: &BoothAddress, callbacks: &Callbacks) -> Response {
    Response::new().play(Play::new(sound)).redirect(Redirect::new(callbacks.booth(&next.write())))
}

fn goodbye(language: Language) -> Response {
    let (voice, code) = texts::voice(language);
    let goodbye = Spoken::Words {
        text: texts::phrase(Phrase::Goodbye, language).to_owned(),
        voice: voice.to_owned(),
        language: Some(code.to_owned()),
    };
    speak(Response::new(), &goodbye).hangup()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use live::{Address, Asked, Create, Machine, News, Ring, Source, Who, accept, create, hear};
    use phone::{CallSid, PhoneNumber};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_796_000_000 + seconds).unwrap()
    }

    fn call(document: Option<Document>) -> Call {
        let number = |last: u32| PhoneNumber::parse(&format!("+141555501{last:02}")).unwrap();
        let ring = Ring { ring_seconds: 20, machine: Machine::Ignore, send_digits: None, screen: None };
        let to = vec![Address::Phone { number: number(1) }, Address::Phone { number: number(2) }];
        let wanted = Create { to, who: Who::All, ring, limit_seconds: 3600, document };
        create(&CallId::of_outgoing([1; 16]), &number(0), wanted, &Asked::default(), at(0)).call
    }

    fn picks_up(call: &mut Call, participant: u32) {
        let call_sid = CallSid::parse(&format!("CA{participant:032x}")).unwrap();
        let asked = News::Asked {
            participant: ParticipantId(participant),
            call_sid,
            version: 1,
            has_heard: false,
            answered_by: None,
        };
        hear(call, &asked, Source::Webhook, at(1));
    }

    fn version(call: &Call, participant: u32) -> u32 {
        call.participants.get(&ParticipantId(participant)).map_or(1, |it| it.wanted.version.max(1))
    }

    fn hears(call: &Call, participant: u32, round: u16) -> String {
        let address = BoothAddress {
            round,
            ..BoothAddress::new(call.id.clone(), ParticipantId(participant), version(call, participant))
        };
        let callbacks = Callbacks::below("https://example.com/webhook");
        booth(call, &address, None, &callbacks, Language::English).to_xml().unwrap()
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let address = BoothAddress::new(CallId::of_outgoing([1; 16]), ParticipantId(12), 3);
        assert_eq!(address.write(), format!("b.CL{}.p12.3.0", "01".repeat(16)));
        assert_eq!(BoothAddress::read(&address.write()), Some(address.clone()));
        let unread = BoothAddress { unread: 3, ..address };
        assert_eq!(BoothAddress::read(&unread.write()), Some(unread));
        let id = CallId::of_outgoing([1; 16]);
        for text in [
            "",
            "b",
            "b.CL1.p1.1.0",
            &format!("c.{id}.p1.1.0"),
            &format!("b.{id}.p1.1.0.1.1"),
            &format!("b.{id}.p1.1.-1"),
        ] {
            assert_eq!(BoothAddress::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_hears_the_programs_document() {
        let said = "<Response><Say>Your table is ready.</Say></Response>".to_owned();
        let mut call = call(Some(Document::Twiml(said)));
        picks_up(&mut call, 1);
        assert!(hears(&call, 1, 0).contains("Your table is ready."));
        let url = "https://example.org/twiml".to_owned();
        call.document = Some(Document::Url(url.clone()));
        assert!(hears(&call, 1, 0).contains(&url));
    }

    #[test]
    fn whoever_is_alone_is_asked_again_and_at_last_told_goodbye() {
        let mut call = call(None);
        picks_up(&mut call, 1);
        let first = hears(&call, 1, 0);
        assert!(first.contains("music.wav") && first.contains(".p1.1.1#"), "{first}");
        let rounds = u16::try_from(ALONE_SECONDS / PIECE_SECONDS).unwrap() + 1;
        let last = hears(&call, 1, rounds);
        assert!(last.contains("Goodbye") && last.contains("<Hangup"), "{last}");
    }

    #[test]
    fn nothing_is_read_for_a_minute_and_not_less() {
        let callbacks = Callbacks::below("https://example.com/webhook");
        let one = BoothAddress::new(call(None).id, ParticipantId(1), 1);
        let unread = |round, unread| {
            let address = BoothAddress { round, unread, ..one.clone() };
            booth_unread(&address, &callbacks, Language::English).to_xml().unwrap()
        };
        // Who has waited for long already waits on.
        let first = unread(200, 0);
        assert!(first.contains("ringing.wav") && first.contains(".p1.1.201.1#"), "{first}");
        assert!(unread(200, UNREAD_ROUNDS).contains("<Hangup"));
    }

    #[test]
    fn two_have_seats_in_a_room_that_no_leg_ends() {
        let mut call = call(None);
        picks_up(&mut call, 1);
        picks_up(&mut call, 2);
        let seat = hears(&call, 2, 0);
        for part in [
            "endConferenceOnExit=\"false\"",
            "participantLabel=\"p2\"",
            "beep=\"false\"",
            call.id.as_str(),
            "/leg/done?",
        ] {
            assert!(seat.contains(part), "{part} in {seat}");
        }
        let hold = live::Command::Hold {
            participant: ParticipantId(1),
            document: None,
            alone_seconds: live::HELD_ALONE_SECONDS,
        };
        call = accept(&call, hold, &Asked::default(), at(2)).unwrap().call;
        assert!(hears(&call, 1, 0).contains("music.wav"));
        assert!(hears(&call, 2, 0).contains("music.wav"));
    }

    #[test]
    fn whoever_asks_for_what_was_is_led_to_what_is() {
        let mut call = call(None);
        picks_up(&mut call, 1);
        picks_up(&mut call, 2);
        let before = BoothAddress::new(call.id.clone(), ParticipantId(1), 1);
        let callbacks = Callbacks::below("https://example.com/webhook");
        let led = booth(&call, &before, None, &callbacks, Language::English).to_xml().unwrap();
        assert!(led.contains("<Redirect") && led.contains(".p1.2.0#") && !led.contains("<Dial"), "{led}");
    }

    #[test]
    fn whoever_is_to_leave_hears_no_more() {
        let mut call = call(None);
        picks_up(&mut call, 1);
        assert!(hears(&call, 7, 0).contains("<Hangup"));
        call = accept(&call, live::Command::End, &Asked::default(), at(2)).unwrap().call;
        assert!(hears(&call, 1, 0).contains("<Hangup"));
    }
}
