//! What finds a call that no message tells of.

use anyhow::{Context as _, Result, ensure};
use domain::{
    CallBegins, Course, Decision, Disposition, Language, LiveCall, Parties, Stage, Treatment, WaitSound,
};
use jiff::{SignedDuration, Timestamp};
use phone::{AccountSid, CallSid, Caller, PhoneNumber};
use store::Begun;

use crate::world::{ACCOUNT_SID, MaskedNumber, World};

/// A call of two hours ago, of whose end nobody told: the schedule finds it, and Twilio does not know it any more.
/// The pipe that would wake the worker for its row is stopped.
///
/// # Errors
/// When its row stays as it is.
pub async fn finds_what_nobody_ended(world: &World, line: &MaskedNumber) -> Result<()> {
    let pipe = world.cloud.resources().await?.get("ActPipe").context("no ActPipe")?.clone();
    world.cloud.let_run(&pipe, false).await?;
    let found = found(world, line).await;
    world.cloud.let_run(&pipe, true).await?;
    found
}

async fn found(world: &World, line: &MaskedNumber) -> Result<()> {
    let call = forgotten(line, Timestamp::now().checked_sub(SignedDuration::from_hours(2))?)?;
    let begins = CallBegins {
        call_sid: call.call_sid.clone(),
        parties: call.parties.clone(),
        decision: Decision { disposition: Disposition::Forward, treatment: Treatment::HangUp },
        month: "2026-11".to_owned(),
        calls_per_month: None,
        passed_over: Vec::new(),
        in_list: None,
        at: call.begun_at,
    };
    let begun = world.store().begin_live(&begins, &call).await?;
    ensure!(begun == Begun::New, "{begun:?}");
    let row = world.summed_up(&call.call_sid).await?;
    ensure!(row.over_at.is_some(), "{row:?}");
    Ok(())
}

/// In a menu, as far as its row says.
fn forgotten(line: &MaskedNumber, begun_at: Timestamp) -> Result<LiveCall> {
    let caller = Caller::parse("+13125550142");
    Ok(LiveCall {
        call_sid: CallSid::parse("CA00000000000000000000000000000078")?,
        account_sid: AccountSid::parse(ACCOUNT_SID)?,
        parties: Parties { number: PhoneNumber::parse(&line.number)?, caller, caller_name: None },
        base_url: "https://aftertone.example/webhook".to_owned(),
        call_token: None,
        begun_at,
        revision: 0,
        course: Course {
            file: 1,
            language: Language::English,
            place: Vec::new(),
            stage: Stage::Menu { menu: 0, silent: 0, wrong: 0, confirm: None },
            steps: 0,
            menus_since: Some(begun_at.as_second()),
            is_answered: true,
            wait: WaitSound::default(),
            is_offered: false,
        },
        answered: Treatment::HangUp,
        said: None,
        passed_over: Vec::new(),
        legs: [].into(),
        winner: None,
        over_at: None,
        is_summed_up: false,
    })
}
