//! The mail about a voicemail.

use aws::BucketFailure;
use domain::{Address, MailKind, Owner, ResendTo, Voicemail};
use jiff::Timestamp;
use runtime::telemetry::Metric;
use runtime::{Failure, count};

use crate::claim::claim_and_send;
use crate::mail::{self, Draft, kind_name, turns_away};
use crate::worker::{Worker, destination};

/// Claims a mail, sends it, records it.
///
/// Everything that can fail without harm is done before the claim; between the claim and the
/// record there is only SES.
pub(crate) async fn send(
    worker: &Worker,
    voicemail: &Voicemail,
    kind: MailKind,
    ends_at: Timestamp,
) -> Result<(), Failure> {
    let recording_sid = &voicemail.recording_sid;
    let destination = destination(voicemail)?;
    let now = worker.clock.now();
    let (pinned, number) = (voicemail.mailbox.as_ref(), &destination.parties.number);
    let mailbox = worker.store.mailbox_for(pinned, number, voicemail.recorded_at, now).await?;
    let owner: &Owner = &mailbox.owner;
    if kind == MailKind::Second && owner.second_email.is_none() {
        worker.store.no_second_mail(recording_sid).await?;
        return Ok(());
    }
    let address = address(kind, owner, voicemail);
    let token = voicemail.audio.as_ref().map(|_| {
        let expires_at = now.checked_add(worker.sender.link_lifetime).unwrap_or(Timestamp::MAX);
        worker.link_key.token(recording_sid, voicemail.links.epoch, expires_at)
    });
    let wants_sound = match kind {
        MailKind::Voicemail | MailKind::Second => true,
        MailKind::Resend(_) => voicemail.resend.as_ref().is_some_and(|it| it.with_sound),
        MailKind::Transcript | MailKind::MissedCall => false,
    };
    let sound = match sound(worker, voicemail, wants_sound).await {
        Ok(sound) => sound,
        // Somebody has deleted it. It is fetched once more, or the mail says that it is gone.
        Err(BucketFailure::NotFound) => {
            worker.store.audio_missing(voicemail, now).await?;
            count!(Metric::RecordingLost, why = "not in the bucket", recording_sid = recording_sid.as_str());
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let draft = Draft {
        kind,
        voicemail,
        destination,
        owner,
        address,
        sender: &worker.sender,
        token: token.as_deref(),
        now,
    };
    let mail = draft.compose(sound)?;
    let before = voicemail.mail(kind);
    let Some(sent_at) = claim_and_send(worker, recording_sid.into(), before, mail, ends_at).await? else {
        return Ok(());
    };
    let age = sent_at.duration_since(voicemail.recorded_at).as_secs_f64();
    count!(
        Metric::Mailed,
        mail = kind_name(kind),
        beep_to_mail_seconds = age,
        recording_sid = recording_sid.as_str(),
    );
    Ok(())
}

/// Our copy of the sound, if a mail can carry it and is to; and that it is there in any case.
async fn sound(
    worker: &Worker,
    voicemail: &Voicemail,
    wanted: bool,
) -> Result<Option<Vec<u8>>, BucketFailure> {
    let Some(audio) = &voicemail.audio else { return Ok(None) };
    if !wanted || !mail::may_attach(audio.size) {
        worker.bucket.look(&audio.key).await?;
        return Ok(None);
    }
    Ok(Some(worker.bucket.get(&audio.key).await?.to_vec()))
}

/// A mail goes to the second address, if there is one, once the first has turned one away; one that
/// is sent over again goes where it was ordered to.
fn address(kind: MailKind, owner: &Owner, voicemail: &Voicemail) -> Address {
    let to_second = match (kind, &voicemail.resend) {
        (MailKind::Resend(_), Some(resend)) => resend.to == ResendTo::Second,
        _ => turns_away(&voicemail.first_address, voicemail.second_mail_wanted),
    };
    if to_second && owner.second_email.is_some() { Address::Second } else { Address::First }
}
