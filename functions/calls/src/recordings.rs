//! What was recorded of a call, as the ledger has it: stored, with its words, and how to listen to it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use api::{Event, Reply, Request};
use aws::SecretSource;
use domain::{Scope, TranscriptText, Voicemail};
use jiff::{SignedDuration, Timestamp};
use link::LinkKey;
use live::{Code, Problem, RecordingView};
use phone::RecordingSid;
use runtime::Failure;
use serde::Serialize;
use store::StoreError;

use crate::commands::base_url;
use crate::look::seen;
use crate::{Answer, Deps};

/// How long a link works.
const LINK_WORKS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// How long the key is used that signs links, before it is read again: one that was taken away must not sign for long.
const KEY_IS_GOOD_FOR: SignedDuration = SignedDuration::from_mins(5);

/// A recording, with what is kept of it.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(crate) struct KeptRecording<'a> {
    #[serde(flatten)]
    recording: RecordingView<'a>,
    kept: Kept,
    /// How large its sound is, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// What was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// In which language.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// A page with a player, without a key; behind it `?audio=1` is the sound, and `?download=1` the same as a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Until when the link works.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_expires_at: Option<Timestamp>,
}

/// Whether the sound of a recording is in your bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// It goes on, or is to be fetched from Twilio.
    NotYet,
    /// It is.
    Stored,
    /// Twilio has lost it, or kept nothing.
    Lost,
    /// Its time was over, or somebody had it deleted.
    Deleted,
}

/// What signs links, read when the first is asked for.
pub struct LinkSigner {
    source: SecretSource,
    known: Mutex<Option<(LinkKey, Timestamp)>>,
}

impl LinkSigner {
    /// By the secret that is kept there.
    pub fn new(source: SecretSource) -> Self {
        Self { source, known: Mutex::new(None) }
    }

    async fn key(&self, now: Timestamp) -> Result<LinkKey, Failure> {
        let is_good = |read_at: Timestamp| now.duration_since(read_at) < KEY_IS_GOOD_FOR;
        // A panic elsewhere can't have left it half changed.
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((key, _)) = known.filter(|(_, read_at)| is_good(*read_at)) {
            return Ok(key);
        }
        let key = LinkKey::new(self.source.read().await?)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((key.clone(), now));
        Ok(key)
    }
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSigner(****)")
    }
}

/// One recording of a call.
pub(crate) async fn recording(deps: &Deps, request: &Request, event: &Event, id: &str, sid: &str) -> Answer {
    request.require(Scope::Read)?;
    let none = || Problem::new(Code::RecordingNotFound, "the call has no such recording");
    let sid = RecordingSid::parse(sid).map_err(|_| none())?;
    let call = seen(deps, request, id).await?;
    let recording = call.recordings.iter().find(|it| it.sid.as_ref() == Some(&sid));
    let recording = RecordingView::of(recording.ok_or_else(none)?);
    let row = match deps.store.voicemail(&sid).await {
        Ok(row) => Some(row),
        Err(StoreError::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let kept = kept(row.as_ref(), &recording);
    let none = KeptRecording {
        recording,
        kept,
        bytes: None,
        words: None,
        language: None,
        link: None,
        link_expires_at: None,
    };
    let Some(row) = row.filter(|_| kept != Kept::Deleted) else { return Ok(Reply::json(200, &none)) };
    let heard = row.transcript.and_then(|it| it.result.ok());
    let (words, language) = match heard {
        Some(TranscriptText { words, language, .. }) => (Some(words), language.map(|it| it.to_string())),
        None => (None, None),
    };
    let with_words = KeptRecording { words, language, ..none };
    let Some(audio) = row.audio else { return Ok(Reply::json(200, &with_words)) };
    let expires_at = request.now.checked_add(LINK_WORKS_FOR).unwrap_or(request.now);
    let token = deps.links.key(request.now).await?.token(&sid, row.links.epoch, expires_at);
    let kept = KeptRecording {
        bytes: Some(audio.size),
        link: Some(format!("{}/v/{token}", base_url(deps, event))),
        link_expires_at: Some(expires_at),
        ..with_words
    };
    Ok(Reply::json(200, &kept))
}

fn kept(row: Option<&Voicemail>, recording: &RecordingView<'_>) -> Kept {
    let Some(row) = row else {
        return if recording.is_lost() { Kept::Lost } else { Kept::NotYet };
    };
    if row.keeping.is_deleted() {
        Kept::Deleted
    } else if row.audio.is_some() {
        Kept::Stored
    } else if row.recording.is_lost() || row.recording.is_empty() {
        Kept::Lost
    } else {
        Kept::NotYet
    }
}
