//! A call that goes over several webhooks: its number has a phone file, its caller chooses from a menu and is parked,
//! and two telephones ring.

use std::collections::HashSet;

use anyhow::{Context as _, Result, anyhow};
use callflow::{Input, Known, LegAddress, Onward, Scene, Usage, begin, step};
use domain::{LegId, LegState, LiveCall, Parties, Stage};
use phone::{Caller, PhoneNumber};
use phonefile::PhoneFile;
use steering::{Told, live_call};

use crate::{HOST_NAME, LATER, NOW, development, sids};

/// The number that has a phone file.
pub const FILED_NUMBER: &str = development::SPARE_NUMBERS[0];

/// Its file.
pub const FILE: &str = include_str!("phone-file.yaml");

/// The version of the file that is in force.
pub const VERSION: u32 = 1;

/// The key that the caller presses.
pub(crate) const KEY: char = '1';

/// The file, as it is read.
///
/// # Errors
/// Never: it has no fault.
pub fn file() -> Result<PhoneFile> {
    let checked = phonefile::read(FILE).map_err(|faults| anyhow!("the phone file has faults: {faults:?}"))?;
    Ok(checked.file)
}

/// Call `number` once its caller is asked.
///
/// # Errors
/// Never: the file asks every caller.
pub fn asked(number: u32) -> Result<LiveCall> {
    let (call_sid, _) = sids(number)?;
    let parties = parties()?;
    let told = Told { call_sid: &call_sid, parties: &parties, now: NOW };
    let begun = begin(scene(told, &file()?, &HashSet::new()), VERSION, Usage::Left, Known::default());
    let stepped = begun.live.context("the phone file asks nobody")?;
    let base_url = format!("https://{HOST_NAME}/webhook");
    Ok(live_call(told, development::account_sid()?, base_url, None, stepped))
}

/// The same once the caller is parked and the telephones ring. It is so whenever the sample is used.
///
/// # Errors
/// Never: the file has two people ring.
pub fn parked(number: u32) -> Result<LiveCall> {
    let mut call = asked(number)?;
    let (file, masked) = (file()?, HashSet::new());
    // They choose; they are seen to wait.
    for input in [Input::Key(KEY), Input::StepOver] {
        call.revision += 1;
        let told = Told { call_sid: &call.call_sid, parties: &call.parties, now: NOW };
        let stepped = step(scene(told, &file, &masked), call.course.clone(), input, call.revision);
        (call.course, call.answered, call.legs) = (stepped.course, stepped.treatment, stepped.legs);
    }
    if let Stage::Hunt { until, ends, .. } = &mut call.course.stage {
        (*until, *ends) = (LATER.as_second(), LATER.as_second());
    }
    for leg in call.legs.values_mut() {
        leg.state = LegState::Ringing;
    }
    Ok(call)
}

/// What the address says that Twilio asks next for the caller.
pub(crate) fn onward(call: LiveCall) -> String {
    Onward { revision: call.revision, course: call.course }.write()
}

/// What the addresses say that Twilio asks for the owner's leg of call `number`.
pub(crate) fn leg(number: u32) -> Result<String> {
    let (call_sid, _) = sids(number)?;
    Ok(LegAddress::new(call_sid, owners_leg()).write())
}

/// The leg that rings the owner.
pub fn owners_leg() -> LegId {
    LegId::new(0, "olivia")
}

fn parties() -> Result<Parties> {
    Ok(Parties {
        number: PhoneNumber::parse(FILED_NUMBER)?,
        caller: Caller::parse(development::STRANGER),
        caller_name: None,
    })
}

fn scene<'a>(told: Told<'a>, file: &'a PhoneFile, masked: &'a HashSet<PhoneNumber>) -> Scene<'a> {
    let Told { call_sid, parties, now } = told;
    Scene { call_sid, parties, file, masked, now }
}
