//! Whose voicemail it is.

use jiff::Timestamp;
use phone::{AccountSid, CallSid, Caller, PhoneNumber};
use store::{Destination, Parties, Store, StoreError, Voicemail};
use thiserror::Error;
use twilio::{Login, Rest, RestError};

/// How many legs a call may be away from the one that came in. There is one, in truth.
const LEGS: usize = 4;

/// Why nobody knows.
#[derive(Debug, Error)]
pub enum IdentifyError {
    /// The ledger can't be read, or nobody owns the number (any more).
    #[error("the number's settings can't be read")]
    Store(#[from] StoreError),
    /// Twilio had to be asked, and did not say.
    #[error("Twilio does not say who called whom")]
    Twilio(#[from] RestError),
    /// The call went to something that is no number.
    #[error("the call went to no phone number")]
    NoNumber,
}

/// Finds out for whom a voicemail is and how it is to be treated.
///
/// Who called whom stands on the row if the webhook came that has it; else on the call's own row;
/// else, when DynamoDB was down during the call, only Twilio knows.
///
/// # Errors
/// [`IdentifyError`].
pub async fn identify(
    voicemail: &Voicemail,
    store: &Store,
    rest: &Rest,
    login: &Login,
    now: Timestamp,
) -> Result<Destination, IdentifyError> {
    let parties = match &voicemail.parties {
        Some(parties) => parties.clone(),
        None => parties(&voicemail.call_sid, &voicemail.account_sid, store, rest, login).await?,
    };
    let number = store.number(&parties.number, now).await?;
    let settings = &number.settings;
    Ok(Destination {
        engines: settings.voicemail.engines(settings.speech.language),
        purge_at_twilio: settings.voicemail.purge_at_twilio,
        parties,
    })
}

/// Who called whom: from the call's own row, else from Twilio.
///
/// # Errors
/// [`IdentifyError`].
pub async fn parties(
    call_sid: &CallSid,
    account_sid: &AccountSid,
    store: &Store,
    rest: &Rest,
    login: &Login,
) -> Result<Parties, IdentifyError> {
    if let Some(parties) = parties_of_call(call_sid, store).await? {
        return Ok(parties);
    }
    let mut call = rest.call(account_sid, login, call_sid).await?;
    // A leg that we dialled goes to the owner's telephone: the caller called its parent.
    for _ in 0..LEGS {
        let Some(parent) = call.parent_call_sid.take() else { break };
        if let Some(parties) = parties_of_call(&parent, store).await? {
            return Ok(parties);
        }
        call = rest.call(account_sid, login, &parent).await?;
    }
    Ok(Parties {
        number: PhoneNumber::parse(&call.to).map_err(|_| IdentifyError::NoNumber)?,
        caller: Caller::parse(&call.from),
        caller_name: call.caller_name.filter(|name| !name.is_empty()),
    })
}

async fn parties_of_call(call_sid: &CallSid, store: &Store) -> Result<Option<Parties>, StoreError> {
    let call = match store.call(call_sid).await {
        Ok(call) => call,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(match (call.number, call.caller) {
        (Some(number), Some(caller)) => Some(Parties { number, caller, caller_name: call.caller_name }),
        _ => None,
    })
}
