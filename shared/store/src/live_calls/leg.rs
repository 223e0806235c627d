//! A leg, as it stands in its attribute of the row.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{Deed, Effect, LegId, LegState, LiveLeg};
use phone::CallSid;

use crate::Item;
use crate::change::IntoAttribute;
use crate::error::StoreError;
use crate::row::Row;

pub(crate) const PREFIX: &str = "leg_";

/// The name of a leg's attribute.
pub(crate) fn attribute(id: &LegId) -> String {
    format!("{PREFIX}{id}")
}

/// Under which name a deed stands in the leg.
pub(crate) fn deed_name(deed: Deed) -> &'static str {
    match deed {
        Deed::Placing => "placing",
        Deed::Ending => "ending",
    }
}

pub(crate) fn write(leg: &LiveLeg) -> AttributeValue {
    let always = [
        ("person", leg.person.as_str().into_attribute()),
        ("to", (&leg.to).into_attribute()),
        ("shown", (&leg.shown).into_attribute()),
        ("shows_caller", leg.shows_caller.into_attribute()),
        ("language", leg.language.tag().into_attribute()),
        ("step", u32::from(leg.step).into_attribute()),
        ("not_before", leg.not_before.into_attribute()),
        ("seconds", u32::from(leg.seconds).into_attribute()),
        ("state", leg.state.name().into_attribute()),
        (deed_name(Deed::Placing), leg.placing.into_attribute()),
        (deed_name(Deed::Ending), leg.ending.into_attribute()),
    ];
    let call_sid = leg.call_sid.as_ref().map(|sid| ("call_sid", sid.as_str().into_attribute()));
    let refused = leg.refused.map(|code| ("refused", code.into_attribute()));
    item(always.into_iter().chain(call_sid).chain(refused))
}

pub(crate) fn read(leg: Row<'_>) -> Result<LiveLeg, StoreError> {
    let language = leg.parsed("language", |tag| tag.parse().ok())?;
    Ok(LiveLeg {
        person: leg.required("person", leg.text("person")?)?.to_owned(),
        to: leg.required("to", leg.phone_number("to")?)?,
        shown: leg.required("shown", leg.phone_number("shown")?)?,
        shows_caller: leg.required("shows_caller", leg.flag("shows_caller")?)?,
        language: leg.required("language", language)?,
        step: leg.required("step", leg.number("step")?)?,
        not_before: leg.required("not_before", leg.time("not_before")?)?,
        seconds: leg.required("seconds", leg.number("seconds")?)?,
        call_sid: leg.parsed("call_sid", |sid| CallSid::parse(sid).ok())?,
        state: leg.required("state", leg.parsed("state", LegState::named)?)?,
        told_at: leg.time("told_at")?,
        placing: read_effect(leg, deed_name(Deed::Placing))?,
        ending: read_effect(leg, deed_name(Deed::Ending))?,
        refused: leg.number("refused")?,
    })
}

fn read_effect(leg: Row<'_>, name: &'static str) -> Result<Effect, StoreError> {
    let row = leg.required(name, leg.map(name)?)?;
    let attempts = || row.required(name, row.number("attempts")?);
    match row.text("is")? {
        Some("pending") => Ok(Effect::Pending {
            attempts: attempts()?,
            not_before: row.required(name, row.time("not_before")?)?,
        }),
        Some("claimed") => {
            Ok(Effect::Claimed { attempts: attempts()?, until: row.required(name, row.time("until")?)? })
        }
        Some("done") => Ok(Effect::Done),
        Some("given-up") => Ok(Effect::GivenUp),
        _ => Err(row.malformed(name)),
    }
}

/// Equal where the effects are equal, so that a condition may name the one that was seen.
impl IntoAttribute for Effect {
    fn into_attribute(self) -> AttributeValue {
        let is = |word: &str| ("is", word.into_attribute());
        match self {
            Self::Pending { attempts, not_before } => item([
                is("pending"),
                ("attempts", attempts.into_attribute()),
                ("not_before", not_before.into_attribute()),
            ]),
            Self::Claimed { attempts, until } => item([
                is("claimed"),
                ("attempts", attempts.into_attribute()),
                ("until", until.into_attribute()),
            ]),
            Self::Done => item([is("done")]),
            Self::GivenUp => item([is("given-up")]),
        }
    }
}

fn item<'a>(attributes: impl IntoIterator<Item = (&'a str, AttributeValue)>) -> AttributeValue {
    let item: Item = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    AttributeValue::M(item)
}
