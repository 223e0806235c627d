//! Whose voicemail it is.

use domain::{Destination, Engines, LeftFor, MailboxId, NotMailed, Parties, Voicemail, VoicemailSettings};
use jiff::Timestamp;
use phone::{AccountSid, CallSid, Caller, PhoneNumber};
use store::{Store, StoreError};
use thiserror::Error;
use twilio::{Login, Rest, RestError};

/// How many legs a call may be away from the one that came in. There is one, in truth.
const LEGS: usize = 4;

/// Why nobody knows.
#[derive(Debug, Error)]
pub enum IdentifyError {
    /// The ledger can't be read, or nobody owns the number (any more).
    #[error("the settings of the number, or of its mailbox, can't be read")]
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
/// It is the mailbox's to which the number led when it was left, whoever has the number now: also
/// one that was removed since.
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
) -> Result<(Destination, MailboxId), IdentifyError> {
    let parties = match &voicemail.parties {
        Some(parties) => parties.clone(),
        None => parties(&voicemail.call_sid, &voicemail.account_sid, store, rest, login).await?,
    };
    let mailbox = match &voicemail.mailbox {
        Some(mailbox) => mailbox.clone(),
        None => mailbox(voicemail, &parties.number, store, now).await?,
    };
    let (settings, language) = match store.number(&parties.number, now).await {
        Ok(number) => (number.settings.voicemail.clone(), number.settings.speech.language),
        // Removed since.
        Err(StoreError::NotFound(_)) => {
            (VoicemailSettings::default(), store.mailbox(&mailbox, now).await?.owner.language)
        }
        Err(error) => return Err(error.into()),
    };
    let LeftFor { language: spoken, silent, .. } = left_for(voicemail);
    let engines = settings.engines(spoken.unwrap_or(language));
    let (engines, not_mailed) = match voicemail.conversation {
        Some(_) => (engines.without_twilio(), Some(NotMailed::Conversation)),
        // Nobody reads the words of what nobody is told of.
        None if silent => (Engines::Off, Some(NotMailed::Silent)),
        None => (engines, None),
    };
    let destination = Destination { parties, engines, purge_at_twilio: settings.purge_at_twilio, not_mailed };
    Ok((destination, mailbox))
}

fn left_for(voicemail: &Voicemail) -> LeftFor {
    voicemail.left_for.as_deref().map(LeftFor::read).unwrap_or_default()
}

/// That of the person of the phone file for whom it was left, of the owner that the number had then; who has none any
/// more, or never had one, does not lose it to nobody: it is the number's own then.
async fn mailbox(
    voicemail: &Voicemail,
    number: &PhoneNumber,
    store: &Store,
    now: Timestamp,
) -> Result<MailboxId, StoreError> {
    let (owners, at) = (store.owners(number).await?, voicemail.recorded_at);
    let of_person = left_for(voicemail).person.and_then(|person| owners.of_person(number, &person, at));
    if let Some(id) = of_person {
        match store.mailbox(&id, now).await {
            Ok(mailbox) => return Ok(mailbox.id.clone()),
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(owners.nearest(number, at))
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
