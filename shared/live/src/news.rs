//! What is heard of a call, and what it means for the log.

use domain::LegState;
use jiff::Timestamp;
use phone::{CallSid, RecordingSid};

use crate::accept::{append, settle};
use crate::arrivals;
use crate::call::{AnsweredBy, Call, CallState, Cause, Decision, Participant, ParticipantState, Place};
use crate::command::{Choice, Command, Consent, Listens, Machine};
use crate::draft::Draft;
use crate::event::{Event, Happened, Heard, Source};
use crate::evidence::Evidence;
use crate::feed::{Fed, FeedKind, FeedOf};
use crate::feeding;
use crate::going_over::WentOver;
use crate::hold;
use crate::ids::{ActionId, ParticipantId};
use crate::keys;
use crate::problem::{Code, Problem};
use crate::record::{Consented, WhyLost};
use crate::recording::{self, Recorded};
use crate::screened;
use crate::spoken::plain;

/// Something that is heard of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Twilio has taken the call to a participant.
    Placed {
        /// Whom.
        participant: ParticipantId,
        /// Twilio's name for the leg.
        call_sid: CallSid,
    },
    /// Twilio refused it.
    Refused {
        /// Whom.
        participant: ParticipantId,
        /// Twilio's error code.
        code: u32,
    },
    /// How a leg goes.
    Leg {
        /// Whose.
        participant: ParticipantId,
        /// Twilio's name for the leg.
        call_sid: CallSid,
        /// How far it is.
        state: LegState,
        /// What proves it.
        evidence: Evidence,
    },
    /// Twilio asks what a leg is to hear: it gets what is wanted of it now.
    Asked {
        /// Whose.
        participant: ParticipantId,
        /// Twilio's name for the leg.
        call_sid: CallSid,
        /// Which version of it, as the address says that Twilio was led to. An older one proves nothing of where they
        /// are now: a webhook may come twice, and late.
        version: u32,
        /// Whether they have heard it to its end.
        has_heard: bool,
        /// Who picked up, if Twilio says it.
        answered_by: Option<AnsweredBy>,
    },
    /// Somebody who was asked has pressed keys, or said something, or nothing.
    Heard {
        /// Whose leg.
        participant: ParticipantId,
        /// Which version of what they heard asked for it.
        version: u32,
        /// How often it had asked by then.
        round: u16,
        /// What came.
        heard: Heard,
    },
    /// It is known now who picked up.
    Detected {
        /// Whose leg.
        participant: ParticipantId,
        /// Who.
        answered_by: AnsweredBy,
    },
    /// Twilio has muted somebody, or has them heard again.
    Muted {
        /// Whom.
        participant: ParticipantId,
        /// Whether they are not heard now.
        muted: bool,
    },
    /// Twilio is about to be asked to record a leg.
    RecordingRequested {
        /// Whose.
        participant: ParticipantId,
        /// For what.
        action: ActionId,
    },
    /// How a recording goes.
    Recording {
        /// Whose leg.
        participant: ParticipantId,
        /// For what, if whoever tells it knows.
        action: Option<ActionId>,
        /// What Twilio calls it.
        recording_sid: RecordingSid,
        /// How far it is.
        state: Recorded,
        /// What proves it.
        evidence: Evidence,
    },
    /// Twilio is about to be asked for a feed of a leg.
    FeedRequested {
        /// Whose.
        participant: ParticipantId,
        /// Of what.
        kind: FeedKind,
        /// For what.
        action: ActionId,
    },
    /// How a feed goes.
    Feed {
        /// Which.
        of: FeedOf,
        /// What is heard.
        fed: Fed,
        /// Its place in the order in which Twilio tells of that feed, where it says so and that is to count.
        number: Option<u64>,
    },
    /// Nothing more will be heard of a feed.
    FeedLost {
        /// Its place among the call's feeds.
        feed: usize,
    },
    /// Nothing more will be heard of a recording.
    RecordingLost {
        /// Its place among the call's recordings.
        recording: usize,
        /// Why.
        why: WhyLost,
        /// Twilio's error code.
        provider_code: Option<u32>,
    },
    /// Something about an action is being done at Twilio.
    Begun {
        /// Which.
        action: ActionId,
    },
    /// Twilio refuses what an action wants.
    Denied {
        /// Which.
        action: ActionId,
        /// Why.
        problem: Problem,
    },
    /// Another call tells how it ended that somebody was to go over into it.
    WentOver {
        /// By which action of this call.
        action: ActionId,
        /// How.
        ended: WentOver,
    },
    /// The call out of which somebody was to come tells that nobody does.
    NobodyGoes {
        /// By which action of that call.
        action: ActionId,
    },
    /// Nothing was heard of an action for so long that it ends.
    Expired {
        /// Which.
        action: ActionId,
    },
    /// Nobody has decided about an incoming call in its first answer: from then on it can't be rejected.
    RingsOn,
    /// Somebody has been on hold for so long that the program is to be told.
    StillHeld {
        /// Who.
        participant: ParticipantId,
        /// For how long, in seconds.
        seconds: u32,
    },
    /// A caller is on hold with whom nobody else is left, and whom the program has forgotten.
    Forgotten,
    /// Nobody decides about an incoming call, or does anything with it: it goes on as its phone file says.
    PlanGoesOn,
    /// Whoever dialled for a program that put the call through tells how it ended.
    PutThrough(Result<(), Cause>),
    /// Nothing proves what became of a leg, and nothing ever will.
    Lost {
        /// Whose.
        participant: ParticipantId,
    },
}

/// Takes in what is heard: the events that the log gets, if any. What is known already adds none.
pub fn hear(call: &mut Call, news: &News, source: Source, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    if call.is_over() {
        return events;
    }
    for draft in drafts(call, news, now) {
        append(call, &mut events, source, now, None, [draft]);
    }
    if let News::Asked { participant, version, has_heard, .. } = news {
        if let Some(draft) = moved(call, *participant, *version) {
            append(call, &mut events, source, now, None, [draft]);
        }
        let begins = keys::begins(call, *participant);
        append(call, &mut events, source, now, None, begins);
        if *has_heard {
            let drafts = media_is_over(call, *participant, *version);
            append(call, &mut events, source, now, None, drafts);
        }
    }
    settle(call, &mut events, source, now);
    events
}

fn drafts(call: &Call, news: &News, now: Timestamp) -> Vec<Draft> {
    match news {
        News::Placed { participant, call_sid } => {
            of(call, *participant, |it| dialing(it, call_sid).into_iter().collect())
        }
        News::Refused { participant, code } => of(call, *participant, |it| {
            let cause = it.wanted.gone.unwrap_or(Cause::Failed);
            let evidence = Evidence::Answer;
            let left = Happened::Left { cause, evidence, provider_code: Some(*code), to: None };
            it.is_present().then_some(left).into_iter().collect()
        }),
        News::Leg { participant, call_sid, state, evidence } => {
            of(call, *participant, |it| leg(call, it, call_sid, *state, *evidence))
        }
        News::Heard { participant, round, heard, .. } if call.screen_of(*participant).is_some() => {
            screened::heard(call, *participant, *round, heard)
        }
        News::Heard { participant, version, round, heard } => {
            keys::heard(call, *participant, (*version, *round), heard)
                .unwrap_or_else(|| recognized(call, *participant, *version, heard))
        }
        News::Asked { participant, call_sid, answered_by, has_heard, version: _ } => {
            of(call, *participant, |it| {
                // Who is sent on to the phone file goes there with this answer.
                if it.is_present() && it.wanted.gone == Some(Cause::Released) {
                    let evidence = Evidence::DocumentAsked;
                    return vec![Happened::Left {
                        cause: Cause::Released,
                        evidence,
                        provider_code: None,
                        to: None,
                    }];
                }
                // What Twilio takes for a machine is not asked.
                let is_machine = matches!(answered_by, Some(AnsweredBy::Machine | AnsweredBy::Fax))
                    && waits_for_detection(call, it);
                if let Some(told) = screened::asked(call, it, *has_heard).filter(|_| !is_machine) {
                    let told = if it.is_present() && it.wanted.gone.is_none() { told } else { Vec::new() };
                    return dialing(it, call_sid).into_iter().chain(told).collect();
                }
                let answered = (it.state < ParticipantState::Answered).then_some(Happened::Answered {
                    answered_by: *answered_by,
                    evidence: Evidence::DocumentAsked,
                });
                dialing(it, call_sid).into_iter().chain(answered).collect()
            })
        }
        News::Detected { participant, answered_by } => of(call, *participant, |it| {
            let is_news = it.is_present() && it.answered_by != Some(*answered_by);
            is_news.then_some(Happened::Detected { answered_by: *answered_by }).into_iter().collect()
        }),
        News::Muted { participant, muted } => of(call, *participant, |it| {
            let happened = if *muted { Happened::Muted } else { Happened::Unmuted };
            (it.is_there() && it.muted != *muted).then_some(happened).into_iter().collect()
        }),
        News::RecordingRequested { participant, action } => {
            let is_news = call.recording_of(*participant).is_none();
            let happened = Happened::RecordingRequested;
            let draft = Draft { action: Some(*action), participant: Some(*participant), happened };
            if is_news { vec![draft] } else { Vec::new() }
        }
        News::Recording { participant, action, recording_sid, state, evidence } => {
            recording::heard(call, (*participant, *action), recording_sid, (*state, *evidence))
        }
        News::FeedRequested { participant, kind, action } => {
            feeding::requested(call, *participant, *kind, *action)
        }
        News::Feed { of, fed, number: _ } => feeding::heard(call, *of, fed),
        News::FeedLost { feed } => feeding::lost(call, *feed),
        News::RecordingLost { recording, why, provider_code } => {
            recording::lost(call, *recording, *why, *provider_code)
        }
        News::Begun { action } => {
            let is_queued =
                call.actions.get(action).is_some_and(|it| it.state == crate::call::ActionState::Queued);
            let draft = Draft { action: Some(*action), participant: None, happened: Happened::Started };
            if is_queued { vec![draft] } else { Vec::new() }
        }
        News::Denied { action, problem } => ended(call, *action, problem.clone()),
        News::WentOver { action, ended } => arrivals::ended(call, *action, ended),
        News::NobodyGoes { action } => arrivals::nobody_goes(call, *action),
        News::Expired { action } => {
            let cause = "nothing was heard of it for too long";
            ended(call, *action, Problem::new(Code::NoEvidence, cause))
        }
        News::RingsOn => {
            let is_open = call.state == CallState::Incoming && call.decision.is_none() && !call.rings_on;
            let draft = Draft { action: None, participant: None, happened: Happened::RingsOn };
            if is_open { vec![draft] } else { Vec::new() }
        }
        News::StillHeld { participant, seconds } => of(call, *participant, |it| {
            let is_news = it.place == Some(Place::Hold) && it.reminded_seconds < *seconds;
            is_news.then_some(Happened::StillHeld { seconds: *seconds }).into_iter().collect()
        }),
        News::Forgotten => hold::given_back(call, now).into_iter().collect(),
        News::PlanGoesOn => plan_goes_on(call),
        News::PutThrough(ended) => put_through(call, *ended),
        News::Lost { participant } => {
            of(call, *participant, |it| left(it, Cause::Unknown, Evidence::LookedUp).into_iter().collect())
        }
    }
}

/// Only with a caller who is alone, and for whom nothing is wanted.
fn plan_goes_on(call: &Call) -> Vec<Draft> {
    let Some((id, it)) = call.caller() else { return Vec::new() };
    let is_alone = call.present().all(|(other, _)| other == id);
    let is_wanted = call
        .actions
        .values()
        .any(|action| action.command != Command::Release && !action.command.goes_on_beside());
    if !it.is_present() || !is_alone || is_wanted {
        return Vec::new();
    }
    let happened = Happened::Left {
        cause: Cause::Released,
        evidence: Evidence::DocumentAsked,
        provider_code: None,
        to: None,
    };
    vec![Draft { action: it.action, participant: Some(id), happened }]
}

/// Who was dialled has picked up; or has not, and the phone file goes on.
fn put_through(call: &Call, ended: Result<(), Cause>) -> Vec<Draft> {
    if !matches!(call.decision, Some(Decision::Redirect { .. })) {
        return Vec::new();
    }
    let caller = call.caller().map(|(id, _)| id);
    let evidence = Evidence::DocumentAsked;
    let of_other = |it: &Participant| match ended {
        Ok(()) => {
            let is_news = it.state < ParticipantState::Answered;
            is_news.then_some(Happened::Answered { answered_by: None, evidence })
        }
        Err(cause) => left(it, cause, evidence),
    };
    let others = call.present().filter(|(id, _)| Some(*id) != caller);
    let others = others.filter_map(|(id, it)| {
        Some(Draft { action: it.action, participant: Some(id), happened: of_other(it)? })
    });
    let goes_on = call.caller().filter(|(_, it)| ended.is_err() && it.is_present()).map(|(id, it)| Draft {
        action: it.action,
        participant: Some(id),
        happened: Happened::Left { cause: Cause::Released, evidence, provider_code: None, to: None },
    });
    others.chain(goes_on).collect()
}

fn ended(call: &Call, action: ActionId, problem: Problem) -> Vec<Draft> {
    if !call.actions.contains_key(&action) {
        return Vec::new();
    }
    vec![Draft { action: Some(action), participant: None, happened: Happened::Failed { problem } }]
}

fn of(call: &Call, id: ParticipantId, happened: impl FnOnce(&Participant) -> Vec<Happened>) -> Vec<Draft> {
    let Some(it) = call.participants.get(&id) else { return Vec::new() };
    let draft = |happened| Draft { action: it.action, participant: Some(id), happened };
    happened(it).into_iter().map(draft).collect()
}

fn dialing(it: &Participant, call_sid: &CallSid) -> Option<Happened> {
    let is_news = it.call_sid.is_none() && it.is_present();
    is_news.then(|| Happened::Dialing { call_sid: call_sid.clone() })
}

fn left(it: &Participant, cause: Cause, evidence: Evidence) -> Option<Happened> {
    it.is_present().then(|| Happened::Left {
        cause: it.wanted.gone.unwrap_or(cause),
        evidence,
        provider_code: None,
        to: None,
    })
}

fn leg(
    call: &Call,
    it: &Participant,
    call_sid: &CallSid,
    state: LegState,
    evidence: Evidence,
) -> Vec<Happened> {
    let is_caller = call.caller().is_some_and(|(_, caller)| caller.call_sid == it.call_sid);
    // Of a leg that is not theirs nothing follows.
    if it.call_sid.as_ref().is_some_and(|known| known != call_sid) {
        return Vec::new();
    }
    let told = match state {
        LegState::Ringing if it.state < ParticipantState::Ringing => Some(Happened::Ringing),
        // Who calls us is answered by whoever asks what they hear.
        LegState::Answered | LegState::Accepted if is_caller => None,
        // Twilio is still listening whether it is a machine: the leg's document tells.
        LegState::Answered | LegState::Accepted
            if it.state < ParticipantState::Answered
                && !waits_for_detection(call, it)
                && call.screen_for(it).is_none() =>
        {
            Some(Happened::Answered { answered_by: None, evidence })
        }
        // It was picked up, and so not rejected.
        LegState::NotAPerson | LegState::Left if it.wanted.gone == Some(Cause::Rejected) => it
            .is_present()
            .then_some(Happened::Left { cause: Cause::HungUp, evidence, provider_code: None, to: None }),
        // Whatever Twilio calls it.
        state if state.is_over() && is_caller => left(it, Cause::HungUp, evidence),
        LegState::Busy => left(it, Cause::Busy, evidence),
        LegState::NoAnswer => left(it, Cause::NoAnswer, evidence),
        LegState::Failed => left(it, Cause::Failed, evidence),
        LegState::Canceled => left(it, Cause::Canceled, evidence),
        state if state.is_over() => left(it, Cause::HungUp, evidence),
        _ => None,
    };
    dialing(it, call_sid).into_iter().chain(told).collect()
}

fn waits_for_detection(call: &Call, it: &Participant) -> bool {
    let action = it.action.and_then(|id| call.actions.get(&id));
    let ring = action.and_then(|action| action.command.ring());
    ring.is_some_and(|ring| matches!(ring.machine, Machine::HangUp | Machine::WaitForBeep))
}

/// What is played to somebody, as far as it is the version that they were led to.
fn current(call: &Call, id: ParticipantId, version: u32) -> Option<(ActionId, &Command)> {
    let it = call.participants.get(&id)?;
    let is_current = it.is_there() && it.wanted.gone.is_none() && it.wanted.version == version;
    let action = it.wanted.media.first().filter(|_| is_current)?;
    Some((*action, &call.actions.get(action)?.command))
}

fn media_is_over(call: &Call, id: ParticipantId, version: u32) -> Vec<Draft> {
    let Some((action, command)) = current(call, id, version) else { return Vec::new() };
    match command {
        // Whoever was asked says so by what came.
        Command::Recognize { .. } | Command::Record { consent: Consent::Ask { .. }, .. } => Vec::new(),
        Command::Record { .. } => recording::consented(call, (action, id), Consented::Announced, None),
        _ => vec![Draft { action: Some(action), participant: Some(id), happened: Happened::Played }],
    }
}

/// What came of it that somebody was asked: they hear something else then, whatever it was.
fn recognized(call: &Call, id: ParticipantId, version: u32, heard: &Heard) -> Vec<Draft> {
    let (action, listens) = match current(call, id, version) {
        Some((action, Command::Recognize { listens, .. })) => (action, listens),
        Some((action, Command::Record { consent: Consent::Ask { listens, .. }, .. })) => {
            let consented = match heard {
                Heard { keys: None, speech: None, .. } => Consented::Silent,
                heard if chosen(listens, heard).is_some() => Consented::Given,
                _ => Consented::Refused,
            };
            return recording::consented(call, (action, id), consented, Some(heard));
        }
        _ => return Vec::new(),
    };
    let draft = |happened| Draft { action: Some(action), participant: Some(id), happened };
    if heard.keys.is_none() && heard.speech.is_none() {
        let problem = Problem::new(Code::NoInput, "nothing was pressed, and nothing said");
        return vec![Draft {
            action: Some(action),
            participant: None,
            happened: Happened::Failed { problem },
        }];
    }
    let choice = chosen(listens, heard);
    let is_match = listens.choices.is_empty() || choice.is_some();
    let told = if listens.sensitive {
        Heard { sensitive: true, choice, ..Heard::default() }
    } else {
        Heard { choice, ..heard.clone() }
    };
    let recognized = draft(Happened::Recognized { heard: told });
    if is_match {
        return vec![recognized, draft(Happened::Played)];
    }
    let problem = Problem::new(Code::NoMatch, "what came is none of the choices");
    vec![
        recognized,
        Draft { action: Some(action), participant: None, happened: Happened::Failed { problem } },
    ]
}

/// What was chosen: by its key, or by the longest of its phrases that was said.
fn chosen(listens: &Listens, heard: &Heard) -> Option<String> {
    let key = heard.keys.as_deref().and_then(|keys| keys.chars().next());
    let by_key = listens.choices.iter().find(|choice| key.is_some() && choice.key == key);
    let by_words = || {
        let said = format!(" {} ", plain(heard.speech.as_deref()?));
        let length = |choice: &Choice| {
            let phrases = choice.phrases.iter().map(|phrase| plain(phrase));
            phrases.filter(|it| !it.is_empty() && said.contains(&format!(" {it} "))).map(|it| it.len()).max()
        };
        listens.choices.iter().filter_map(|choice| Some((length(choice)?, choice))).max_by_key(|it| it.0)
    };
    by_key.or_else(|| by_words().map(|(_, choice)| choice)).map(|choice| choice.label.clone())
}

/// Whoever asks what they are to hear is where that is heard.
fn moved(call: &Call, id: ParticipantId, version: u32) -> Option<Draft> {
    let it = call.participants.get(&id)?;
    let is_where_wanted = it.is_there() && it.wanted.gone.is_none() && it.wanted.version == version;
    let place = it.wanted.place.filter(|_| is_where_wanted)?;
    let is_news = it.place != Some(place) || it.version != version;
    is_news.then_some(Draft {
        action: None,
        participant: Some(id),
        happened: Happened::Moved { place, version },
    })
}
