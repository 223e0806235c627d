//! What listens to legs beside their calls: streams and transcriptions.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use phone::CallSid;

use crate::clock::{Clock, lock};
use crate::leg_handle::LegHandle;
use crate::live_transcription::LiveTranscription;
use crate::stream::Stream;

/// What Twilio's recogniser says of itself when it gives up. Which code it has is a guess.
const GAVE_UP: (u32, &str) = (32655, "the transcription engine is not available");

/// Those that go on.
#[derive(Default)]
pub(crate) struct Listeners {
    streams: Mutex<Vec<Arc<Stream>>>,
    transcriptions: Mutex<Vec<Arc<LiveTranscription>>>,
    /// How long recognisers last that begin from now on, if not as long as they are wanted.
    gives_up_after: Mutex<Option<Duration>>,
}

impl Listeners {
    pub(crate) fn add_stream(&self, stream: Arc<Stream>) {
        let mut streams = lock(&self.streams);
        streams.retain(|stream| !stream.is_over());
        streams.push(stream);
    }

    pub(crate) fn add_transcription(&self, clock: &Clock, transcription: Arc<LiveTranscription>) {
        if let Some(after) = *lock(&self.gives_up_after) {
            let (clock, failing) = (clock.clone(), transcription.clone());
            drop(clock.clone().spawn(async move {
                clock.sleep(after).await;
                failing.fail(GAVE_UP.0, GAVE_UP.1);
            }));
        }
        let mut transcriptions = lock(&self.transcriptions);
        transcriptions.retain(|transcription| !transcription.is_over());
        transcriptions.push(transcription);
    }

    pub(crate) fn recognisers_give_up(&self, after: Option<Duration>) {
        *lock(&self.gives_up_after) = after;
    }

    /// The streams of a leg that go on.
    pub(crate) fn streams_of(&self, sid: &CallSid) -> Vec<Arc<Stream>> {
        let is_of = |stream: &&Arc<Stream>| stream.leg.sid() == sid && !stream.is_over();
        lock(&self.streams).iter().filter(is_of).cloned().collect()
    }

    /// The transcriptions of a leg that go on.
    pub(crate) fn transcriptions_of(&self, sid: &CallSid) -> Vec<Arc<LiveTranscription>> {
        let is_of = |it: &&Arc<LiveTranscription>| it.leg.sid() == sid && !it.is_over();
        lock(&self.transcriptions).iter().filter(is_of).cloned().collect()
    }

    /// Somebody speaks: who listens to their leg hears it, and who listens to those that hear them.
    pub(crate) fn spoken(&self, leg: &LegHandle, words: &str, confidence: u8) {
        for stream in lock(&self.streams).iter().filter(|stream| !stream.is_over()) {
            let own = stream.leg.sid() == leg.sid();
            if own || stream.leg.hears_leg(leg.sid()) {
                stream.hears(!own, words);
            }
        }
        for transcription in lock(&self.transcriptions).iter() {
            let own = transcription.leg.sid() == leg.sid();
            if own || transcription.leg.hears_leg(leg.sid()) {
                transcription.hears(!own, words, confidence);
            }
        }
    }

    /// A prompt was heard. A stream has it from what its leg hears.
    pub(crate) fn prompted(&self, leg: &LegHandle, words: &str, confidence: u8) {
        for transcription in self.transcriptions_of(leg.sid()) {
            transcription.heard_prompt(words, confidence);
        }
    }

    /// Whoever is at a leg presses keys.
    pub(crate) fn pressed(&self, sid: &CallSid, keys: &str) {
        for stream in self.streams_of(sid) {
            stream.presses(keys);
        }
    }

    /// All that listens to a leg is over.
    pub(crate) fn stop(&self, sid: &CallSid, streams: bool, transcriptions: bool, confidence: u8) {
        if streams {
            self.streams_of(sid).iter().for_each(|stream| stream.stop());
        }
        if transcriptions {
            self.transcriptions_of(sid).iter().for_each(|it| it.stop(confidence));
        }
    }
}
