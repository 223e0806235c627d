//! What nobody has seen of Twilio for sure: the likelier way by default, and the other by a switch.

/// Ways in which Twilio may be either. Start from the default and change fields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is about something else")]
#[non_exhaustive]
pub struct Unverified {
    /// A first `<Pause>` lets the call ring on.
    pub pause_keeps_ringing: bool,
    /// A first `<Redirect>` does.
    pub redirect_keeps_ringing: bool,
    /// `DialCallStatus` of a `<Dial><Queue>` in which nobody came in time.
    pub queue_timeout: &'static str,
    /// `DialCallStatus` of a `<Dial><Queue>` whose queue does not exist.
    pub missing_queue: &'static str,
    /// `DialCallStatus` after a conference: `completed`, or `answered`.
    pub after_conference: &'static str,
    /// The document that is heard on hold begins again when it is over; else silence follows.
    pub hold_document_repeats: bool,
    /// A conference that ends calls off those whom REST is calling into it.
    pub conference_calls_off: bool,
    /// Those whom REST calls into a conference are listed before they answer.
    pub lists_whom_it_calls: bool,
    /// The first of two channels is that of the others, not of the leg that is recorded.
    pub others_channel_first: bool,
    /// Who waits in a queue whose document can't be had goes on waiting in silence, and the document is asked for
    /// anew; else they leave the queue, with `QueueResult` `error`.
    pub queue_outlasts_its_document: bool,
    /// What REST has recorded of a leg goes on where REST leads the leg elsewhere; else it ends there.
    pub recordings_survive_moves: bool,
    /// A stream that REST or a document began goes on where REST leads the leg elsewhere; else it is stopped.
    pub streams_survive_moves: bool,
    /// Likewise a real-time transcription.
    pub transcriptions_survive_moves: bool,
    /// A name that a stream or a transcription of a call has is refused to another one of it; else both have it.
    pub names_are_unique: bool,
    /// With `actionOnEmptyResult` the action is told empty `Digits`; else no digits at all.
    pub tells_empty_digits: bool,
    /// What becomes of who dialled, once REST leads the one who was dialled elsewhere.
    pub after_child_moved: AfterChildMoved,
}

/// What becomes of a leg whose `<Dial>` ends because REST leads the one who was dialled elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterChildMoved {
    /// The action is asked at once.
    AsksAction,
    /// The action is asked, after five seconds of silence, unless REST leads the leg elsewhere meanwhile.
    AsksActionLate,
    /// The leg ends.
    Ends,
}

impl Default for Unverified {
    fn default() -> Self {
        Self {
            pause_keeps_ringing: true,
            redirect_keeps_ringing: true,
            queue_timeout: "no-answer",
            missing_queue: "failed",
            after_conference: "completed",
            hold_document_repeats: false,
            conference_calls_off: false,
            lists_whom_it_calls: false,
            others_channel_first: false,
            queue_outlasts_its_document: false,
            recordings_survive_moves: true,
            streams_survive_moves: true,
            transcriptions_survive_moves: true,
            names_are_unique: true,
            tells_empty_digits: false,
            after_child_moved: AfterChildMoved::AsksAction,
        }
    }
}
