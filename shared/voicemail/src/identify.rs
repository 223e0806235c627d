//! Whose voicemail it is.

use jiff::Timestamp;
use phone::{Caller, PhoneNumber};
use store::{Destination, Parties, Store, StoreError, Voicemail};
use thiserror::Error;
use twilio::{Login, Rest, RestError};

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
        None => match parties_of_call(voicemail, store).await? {
            Some(parties) => parties,
            None => parties_at_twilio(voicemail, rest, login).await?,
        },
    };
    let number = store.number(&parties.number, now).await?;
    let settings = &number.settings;
    Ok(Destination {
        engine: settings.voicemail.transcription.engine(settings.speech.language),
        purge_at_twilio: settings.voicemail.purge_at_twilio,
        parties,
    })
}

async fn parties_of_call(voicemail: &Voicemail, store: &Store) -> Result<Option<Parties>, StoreError> {
    let call = match store.call(&voicemail.call_sid).await {
        Ok(call) => call,
        Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(match (call.number, call.caller) {
        (Some(number), Some(caller)) => Some(Parties { number, caller, caller_name: call.caller_name }),
        _ => None,
    })
}

async fn parties_at_twilio(
    voicemail: &Voicemail,
    rest: &Rest,
    login: &Login,
) -> Result<Parties, IdentifyError> {
    let call = rest.call(&voicemail.account_sid, login, &voicemail.call_sid).await?;
    Ok(Parties {
        number: PhoneNumber::parse(&call.to).map_err(|_| IdentifyError::NoNumber)?,
        caller: Caller::parse(&call.from),
        caller_name: call.caller_name.filter(|name| !name.is_empty()),
    })
}
