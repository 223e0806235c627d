//! What goes out of legs of a call that programs steer, their sound or their words: begun and ended.

use callflow::{Callbacks, FeedAddress};
use domain::Effect;
use jiff::{SignedDuration, Timestamp};
use live::{
    Command, Deed, Engine, Evidence, Fed, Feed, FeedKind, FeedState, News, ParticipantId, Tracks, Work,
    agenda, unanswered, undone,
};
use phone::CallSid;
use runtime::Failure;
use store::ControlledCall;
use twilio::{FeedResource, Login, NewStream, NewTranscription, RestError};

use crate::deps::Deps;
use crate::leg::is_surely_undone;
use crate::put_down::{controls, failed, settle};

/// How long Twilio may take to tell the last words of a transcription that it has ended, and the end.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(5);

/// Claims what is to be done about a feed, does it, and writes down what came of it.
pub(crate) async fn request(
    deps: &Deps,
    seen: &ControlledCall,
    participant: ParticipantId,
    deed: Deed,
) -> Result<(), Failure> {
    let (Deed::Feed(kind) | Deed::StopFeed(kind)) = deed else { return Ok(()) };
    let login = deps.login_of(&seen.account_sid).await?;
    let now = deps.clock.now();
    let claims = |steered: &mut live::Steered| {
        if !agenda(steered, now).now.contains(&Work::Do(participant, deed)) {
            return None;
        }
        let action = steered.feeds_for(participant, kind);
        // Whether Twilio has said that it takes it, and nothing has proved it since.
        let was_taken = steered.is_taken(participant, kind);
        let claimed = steered.claims(participant, deed, now)?;
        // It stands in the log before Twilio is asked: nobody forgets then that something may go out.
        let requested = action.map(|action| News::FeedRequested { participant, kind, action });
        Some(((claimed, was_taken), requested.into_iter().collect()))
    };
    let Some((call, (claimed, was_taken))) =
        controls(deps).request(&seen.steered.call.id, now, claims).await?
    else {
        return Ok(());
    };
    let it = call.steered.call.participants.get(&participant);
    let Some(leg) = it.and_then(|it| it.call_sid.as_ref()) else { return Ok(()) };
    let Some((_, feed)) = call.steered.call.feed_of(participant, kind) else {
        return settle(deps, &call, (participant, deed), (claimed, Effect::Done), &[]).await;
    };
    let (then, told) = match deed {
        Deed::Feed(_) => start(deps, &call, (feed, leg), &login, claimed).await,
        _ => stop(deps, &call, (feed, leg), &login, (claimed, was_taken)).await,
    };
    let news: Vec<News> = told.map(|fed| News::Feed { of: feed.of, fed, number: None }).into_iter().collect();
    settle(deps, &call, (participant, deed), (claimed, then), &news).await
}

/// Of a stream only the web socket proves that it has begun.
async fn start(
    deps: &Deps,
    call: &ControlledCall,
    (feed, leg): (&Feed, &CallSid),
    login: &Login,
    claimed: Effect,
) -> (Effect, Option<Fed>) {
    let begun = match feed.of.kind {
        FeedKind::Stream => stream(deps, call, (feed, leg), login).await.map(|_| None),
        FeedKind::Transcription => transcription(deps, call, (feed, leg), login)
            .await
            .map(|sid| Some(Fed::Began { sid, evidence: Evidence::Answer })),
    };
    match begun {
        Ok(told) => (Effect::Done, told),
        Err(RestError::Rejected { code, message: _ }) => {
            let call_id = call.steered.call.id.as_str();
            tracing::warn!(call_id, code, "Twilio does not stream or transcribe a leg");
            (Effect::GivenUp, Some(Fed::Failed { code: Some(code) }))
        }
        Err(error) => {
            failed(call, &error);
            let now = deps.clock.now();
            let is_undone = is_surely_undone(&error);
            (if is_undone { undone(claimed, now) } else { unanswered(claimed, now) }, None)
        }
    }
}

async fn stream(
    deps: &Deps,
    call: &ControlledCall,
    (feed, leg): (&Feed, &CallSid),
    login: &Login,
) -> Result<String, RestError> {
    let command = call.steered.call.actions.get(&feed.of.action).map(|action| &action.command);
    let Some(Command::Stream { url, tracks, parameters, .. }) = command else {
        return Err(RestError::NotFound("action"));
    };
    let ours = [
        ("call_id", call.steered.call.id.to_string()),
        ("participant_id", feed.of.participant.to_string()),
        ("action_id", feed.of.action.to_string()),
    ];
    let ours = ours.into_iter().map(|(name, value)| (name.to_owned(), value));
    let theirs = parameters.iter().map(|(name, value)| (name.clone(), value.clone()));
    let asked = NewStream {
        name: &feed.of.name(),
        url,
        track: match tracks {
            Tracks::Inbound => "inbound_track",
            Tracks::Outbound => "outbound_track",
            Tracks::Both => "both_tracks",
        },
        parameters: &ours.chain(theirs).collect::<Vec<_>>(),
        status_callback: &callback(call, feed),
    };
    deps.rest.start_stream(&call.account_sid, login, leg, &asked).await
}

async fn transcription(
    deps: &Deps,
    call: &ControlledCall,
    (feed, leg): (&Feed, &CallSid),
    login: &Login,
) -> Result<String, RestError> {
    let command = call.steered.call.actions.get(&feed.of.action).map(|action| &action.command);
    let Some(Command::Transcribe { hints, partials, engine, .. }) = command else {
        return Err(RestError::NotFound("action"));
    };
    let asked = NewTranscription {
        name: &feed.of.name(),
        language: feed.language.as_deref().unwrap_or_default(),
        hints,
        has_partials: *partials,
        engine: match engine {
            Engine::Google => "google",
            Engine::Deepgram => "deepgram",
        },
        label: &feed.of.participant.to_string(),
        status_callback: &callback(call, feed),
    };
    deps.rest.start_transcription(&call.account_sid, login, leg, &asked).await
}

fn callback(call: &ControlledCall, feed: &Feed) -> String {
    let address = FeedAddress { call: call.steered.call.id.clone(), of: feed.of };
    Callbacks::below(&*call.base_url).booth_fed(&address.write())
}

/// To end it twice does no harm. What was never proved to have begun has not begun any more then.
async fn stop(
    deps: &Deps,
    call: &ControlledCall,
    (feed, leg): (&Feed, &CallSid),
    login: &Login,
    (claimed, was_taken): (Effect, bool),
) -> (Effect, Option<Fed>) {
    let resource = match feed.of.kind {
        FeedKind::Stream => FeedResource::Streams,
        FeedKind::Transcription => FeedResource::Transcriptions,
    };
    let stopped = deps.rest.stop_feed(&call.account_sid, login, (leg, resource), &feed.of.name()).await;
    let now: Timestamp = deps.clock.now();
    match stopped {
        Ok(_) if feed.state == FeedState::Requested => (Effect::Done, Some(Fed::Unproved { was_taken })),
        // The last words may be on their way, and then their end.
        Ok(true) if feed.of.kind == FeedKind::Transcription => {
            (Effect::pending(now.checked_add(LAST_WORDS).unwrap_or(Timestamp::MAX)), None)
        }
        Ok(_) => (Effect::Done, Some(Fed::Ended { at: now, evidence: Evidence::Answer })),
        Err(error) => {
            failed(call, &error);
            // Until it is ended nothing of the same begins.
            (unanswered(claimed, now), None)
        }
    }
}
