//! What follows from how a call is: actions end, the call begins to be one, and is over.

use crate::call::{Action, Call, CallState, Cause, Decision, Participant, ParticipantState, Place};
use crate::command::{Command, Create, Who};
use crate::draft::Draft;
use crate::event::Happened;
use crate::evidence::Evidence;
use crate::feed::Feed;
use crate::feeding;
use crate::ids::ActionId;
use crate::problem::{Code, Problem};
use crate::record::{Recording, RecordingState};
use crate::recording::{all_are, end_of_record, ends_with_its_leg};

/// The next things that follow; nothing, if nothing does.
pub(crate) fn consequences(call: &Call) -> Vec<Draft> {
    if call.is_over() {
        return Vec::new();
    }
    if call.connected_at.is_none() && call.participants.values().any(Participant::is_there) {
        return vec![Draft { action: None, participant: None, happened: Happened::Connected }];
    }
    if let Some(draft) = ends_with_its_leg(call).or_else(|| feeding::ends_with_its_leg(call)) {
        return vec![draft];
    }
    // Whoever has it now is not told by us.
    let is_put_through = |it: &&Action| matches!(it.command, Command::Redirect { .. });
    let ends = call.actions.iter().find_map(|(id, action)| Some((*id, end_of(call, *id, action)?)));
    if let Some((id, happened)) = ends {
        let mut drafts = vec![Draft { action: Some(id), participant: None, happened }];
        let action = call.actions.get(&id).filter(is_put_through);
        if action.is_some() && matches!(drafts[0].happened, Happened::Succeeded { .. }) {
            drafts.extend(call.present().map(|(id, it)| Draft {
                action: it.action,
                participant: Some(id),
                happened: Happened::Left {
                    cause: Cause::Redirected,
                    evidence: Evidence::StatusCallback,
                    provider_code: None,
                    to: None,
                },
            }));
        }
        return drafts;
    }
    // Who is not picked up yet is not led anywhere: the next answer says it.
    if call.state == CallState::Incoming
        && let Some((id, it)) = call.caller()
        && it.is_present()
        && it.wanted.gone == Some(Cause::Released)
    {
        let happened = Happened::Left {
            cause: Cause::Released,
            evidence: Evidence::AlreadySo,
            provider_code: None,
            to: None,
        };
        return vec![Draft { action: None, participant: Some(id), happened }];
    }
    // Without its caller a call that was put through rings nowhere.
    let caller_left = call.caller().is_some_and(|(_, it)| !it.is_present());
    if caller_left
        && matches!(call.decision, Some(Decision::Redirect { .. }))
        && let Some((id, it)) = call.present().next()
    {
        let happened = Happened::Left {
            cause: Cause::Canceled,
            evidence: Evidence::AlreadySo,
            provider_code: None,
            to: None,
        };
        return vec![Draft { action: it.action, participant: Some(id), happened }];
    }
    // How somebody arrived who went over ends an action.
    let is_settled = call.recordings.iter().all(Recording::is_settled)
        && !call.feeds.iter().any(Feed::is_live)
        && !call.waits_for_arrival();
    if call.is_empty() && is_settled {
        let cause = if call.state == CallState::Ending { Cause::Ended } else { last_cause(call) };
        return vec![Draft { action: None, participant: None, happened: Happened::Ended { cause } }];
    }
    Vec::new()
}

/// Why a call ends that nobody ended: as its caller, who goes on without the programs, or the participant who talked, or
/// the first who was called.
fn last_cause(call: &Call) -> Cause {
    if call.caller().is_some_and(|(_, it)| it.cause == Some(Cause::Released)) {
        return Cause::Released;
    }
    let all = || call.participants.values();
    let talked = all().find(|it| matches!(it.cause, Some(Cause::HungUp | Cause::Alone)));
    talked.or_else(|| all().next()).and_then(|it| it.cause).unwrap_or(Cause::Unknown)
}

fn end_of(call: &Call, id: ActionId, action: &Action) -> Option<Happened> {
    let it = action.command.participant().and_then(|id| call.participants.get(&id));
    let left = || {
        let problem = Problem::new(Code::ParticipantLeft, "the participant has left");
        Some(Happened::Failed { problem })
    };
    match (&action.command, it) {
        (
            Command::Create(Create { who: Who::FirstWins, .. }) | Command::Add(_) | Command::Consult { .. },
            _,
        ) => called(call, id, false),
        // What becomes of it is told from the other call, as long as they do not leave before.
        (Command::Transfer { to_call: Some(_), .. } | Command::Move { .. }, it) => {
            let is_here = it.is_some_and(|it| it.is_present() && it.wanted.gone.is_none());
            if is_here || call.has_gone_over(id) { None } else { left() }
        }
        (Command::Transfer { .. }, it) => match called(call, id, false) {
            Some(Happened::Canceled) if it.is_none_or(|it| !it.is_present()) => left(),
            ended => ended,
        },
        (Command::Create(_), _) => called(call, id, true),
        (Command::Remove { .. }, Some(it)) => (!it.is_present()).then_some(done(Evidence::StatusCallback)),
        (
            Command::Mute { .. } | Command::Unmute { .. } | Command::Hold { .. } | Command::Resume { .. },
            Some(it),
        ) if !it.is_present() || it.wanted.gone.is_some() => left(),
        (Command::Mute { .. }, Some(it)) => it.muted.then_some(done(Evidence::Answer)),
        (Command::Unmute { .. }, Some(it)) => (!it.muted).then_some(done(Evidence::Answer)),
        (Command::Hold { .. }, Some(it)) => {
            (it.place == Some(Place::Hold) && is_where_wanted(it)).then_some(done(Evidence::DocumentAsked))
        }
        (Command::Resume { .. }, Some(it)) => {
            (it.place != Some(Place::Hold) && is_where_wanted(it)).then_some(done(Evidence::DocumentAsked))
        }
        (Command::Cancel { action }, _) => canceled(call, *action),
        (Command::Complete { action: consult }, _) => handed_over(call, id, *consult),
        (Command::TakeBack { action: consult }, _) => {
            let is_over = called_for(call, *consult).all(|it| !it.is_present());
            (is_over && all_are_where_wanted(call)).then_some(done(Evidence::StatusCallback))
        }
        (Command::Role { .. }, Some(it)) if !it.is_present() || it.wanted.gone.is_some() => left(),
        (Command::Role { .. }, Some(it)) => is_where_wanted(it).then_some(done(Evidence::DocumentAsked)),
        (Command::Play { .. } | Command::Recognize { .. } | Command::SendKeys { .. }, _) => {
            played(call, id, &action.command)
        }
        (Command::ListenKeys { .. }, Some(it)) => {
            let is_over = !it.is_present() || it.wanted.gone.is_some();
            is_over.then_some(done(Evidence::AlreadySo))
        }
        (Command::Record { .. }, _) => end_of_record(call, id),
        (Command::PauseRecording { action }, _) => is_recorded(call, *action, RecordingState::Paused),
        (Command::ResumeRecording { action }, _) => is_recorded(call, *action, RecordingState::Recording),
        (Command::Stream { .. } | Command::Transcribe { .. }, _) => feeding::end_of_feed(call, id),
        (Command::UpdateTranscription { action, .. }, _) => feeding::is_updated(call, *action),
        (
            Command::StopRecording { action }
            | Command::StopStream { action }
            | Command::StopTranscription { action },
            _,
        ) => (!call.actions.contains_key(action)).then_some(done(Evidence::Answer)),
        // What it calls off is called off with it.
        (Command::CancelMedia { .. }, _) => Some(done(Evidence::AlreadySo)),
        (Command::Answer { .. }, _) => match call.caller() {
            Some((_, it)) if it.is_there() => Some(done(Evidence::DocumentAsked)),
            Some((_, it)) if it.is_present() && it.wanted.gone.is_none() => None,
            _ => left(),
        },
        (Command::Reject { .. }, _) => match call.caller().and_then(|(_, it)| it.cause) {
            None => None,
            Some(Cause::Rejected) => Some(done(Evidence::StatusCallback)),
            Some(_) => Some(Happened::Failed {
                problem: Problem::new(Code::TooLateToReject, "the caller was answered before, or hung up"),
            }),
        },
        (Command::Redirect { .. }, _) => called(call, id, false).or_else(|| {
            let is_gone = call.caller().is_none_or(|(_, it)| !it.is_present());
            if is_gone { left() } else { None }
        }),
        (Command::Release, _) => match call.caller().and_then(|(_, it)| it.cause) {
            None => None,
            Some(Cause::Released) => Some(done(Evidence::DocumentAsked)),
            Some(_) => left(),
        },
        (Command::End, _) => call.present().next().is_none().then_some(done(Evidence::StatusCallback)),
        (_, None) => left(),
    }
}

/// Whether whoever consulted somebody has left, and those who waited are with that one.
fn handed_over(call: &Call, id: ActionId, consult: ActionId) -> Option<Happened> {
    let mut consulted = called_for(call, consult);
    if !consulted.any(Participant::is_there) {
        let problem = Problem::new(Code::ParticipantLeft, "whoever was consulted has left");
        return Some(Happened::Failed { problem });
    }
    let by =
        call.participants.values().any(|it| it.is_present() && it.wanted.gone == Some(Cause::Transferred));
    (!by && all_are_where_wanted(call) && call.actions.contains_key(&id))
        .then_some(done(Evidence::DocumentAsked))
}

/// Whether what is recorded for an action is so now.
fn is_recorded(call: &Call, action: ActionId, state: RecordingState) -> Option<Happened> {
    match call.wishes.get(&action) {
        Some(wish) if !wish.stops => all_are(call, action, state).then_some(done(Evidence::Answer)),
        _ => {
            let problem = Problem::new(Code::NotRecording, "the recording has ended");
            Some(Happened::Failed { problem })
        }
    }
}

fn all_are_where_wanted(call: &Call) -> bool {
    call.present().all(|(_, it)| !it.is_there() || it.wanted.gone.is_some() || is_where_wanted(it))
}

/// Whether everybody has heard what was to be played to them, or has left.
fn played(call: &Call, id: ActionId, command: &Command) -> Option<Happened> {
    let audience = || command.audience().iter().filter_map(|id| call.participants.get(id));
    let hears =
        |it: &Participant| it.is_present() && it.wanted.gone.is_none() && it.wanted.media.contains(&id);
    if audience().any(hears) {
        return None;
    }
    if audience().any(|it| it.is_present() && it.wanted.gone.is_none()) {
        return Some(done(Evidence::DocumentAsked));
    }
    Some(Happened::Failed { problem: Problem::new(Code::ParticipantLeft, "whoever was to hear it has left") })
}

/// Those who were called for an action.
pub(crate) fn called_for(call: &Call, action: ActionId) -> impl Iterator<Item = &Participant> {
    call.participants.values().filter(move |it| it.action == Some(action))
}

fn is_where_wanted(it: &Participant) -> bool {
    it.place == it.wanted.place && it.version == it.wanted.version
}

fn done(evidence: Evidence) -> Happened {
    Happened::Succeeded { evidence }
}

/// Whether those who were called for an action are decided.
fn called(call: &Call, id: ActionId, waits_for_all: bool) -> Option<Happened> {
    let members: Vec<&Participant> = call.participants.values().filter(|it| it.action == Some(id)).collect();
    // They are planned in the same breath.
    if members.is_empty() {
        return None;
    }
    let is_there = |it: &&&Participant| it.is_there() && it.wanted.gone.is_none();
    let undecided = members.iter().any(|it| it.is_present() && !it.is_there());
    let one_there = members.iter().find(|it| is_there(it));
    if let Some(it) = one_there
        && !(waits_for_all && undecided)
    {
        return Some(done(it.answer_proved_by.unwrap_or(Evidence::StatusCallback)));
    }
    if one_there.is_some() || members.iter().any(|it| it.is_present()) {
        return None;
    }
    // Of those who were there and are not any more, it is known already that it succeeded.
    let first = members.iter().filter_map(|it| Some((it.cause?, it.refused))).max_by_key(|it| rank(it.0))?;
    Some(match first {
        (Cause::Canceled | Cause::Ended, _) => Happened::Canceled,
        (Cause::Failed, Some(code)) => {
            let problem = Problem::new(Code::ProviderRefused, "Twilio does not take the call");
            Happened::Failed { problem: Problem { provider_code: Some(code), ..problem } }
        }
        (cause, _) => Happened::Failed { problem: problem(cause) },
    })
}

/// Why nobody is there who was called for an action; none, if it was called off.
pub(crate) fn why_nobody_is_there(call: &Call, action: ActionId) -> Option<Problem> {
    match called(call, action, false)? {
        Happened::Failed { problem } => Some(problem),
        _ => None,
    }
}

/// Which of several causes says the most.
fn rank(cause: Cause) -> u8 {
    match cause {
        Cause::MachineAnswered => 6,
        Cause::Busy => 5,
        Cause::NoAnswer => 4,
        Cause::Failed => 3,
        Cause::Ended | Cause::Canceled => 2,
        _ => 1,
    }
}

fn problem(cause: Cause) -> Problem {
    match cause {
        Cause::MachineAnswered => Problem::new(Code::MachineAnswered, "a machine picked up"),
        Cause::Busy => Problem::new(Code::Busy, "the line was busy, or the call was refused there"),
        Cause::NoAnswer => Problem::new(Code::NoAnswer, "nobody picked up"),
        Cause::Failed => Problem::new(Code::Unreachable, "the call could not be routed"),
        Cause::HungUp
        | Cause::Alone
        | Cause::TakenByAnother
        | Cause::Rejected
        | Cause::Redirected
        | Cause::Released
        | Cause::Moved
        | Cause::Transferred => {
            Problem::new(Code::NoAnswer, "whoever picked up hung up before they heard anything")
        }
        Cause::Ended | Cause::Canceled | Cause::Unknown => {
            Problem::new(Code::NoEvidence, "nothing proves what became of the call")
        }
    }
}

fn canceled(call: &Call, action: ActionId) -> Option<Happened> {
    if call.actions.contains_key(&action) {
        return None;
    }
    let was_answered = |it: &Participant| {
        it.action == Some(action) && (it.is_there() || it.cause.is_some_and(|cause| cause == Cause::HungUp))
    };
    Some(if call.participants.values().any(was_answered) {
        Happened::Failed { problem: Problem::new(Code::NotCancelable, "somebody picked up before") }
    } else {
        done(Evidence::StatusCallback)
    })
}

/// Whether a participant rings, or is to.
pub(crate) fn is_called(it: &Participant) -> bool {
    it.state < ParticipantState::Answered
}
