//! Where a call goes next, or that it ends.

use super::Parameter;
use crate::element::element;
use crate::values::{Method, RejectReason, Text, Trimmed};

element! {
    /// Ends the call. As the first verb it still answers the call, which costs.
    Hangup {} with {
        /// What Twilio is told of the reason.
        parameters: Vec<Parameter> = "Parameter",
    }
}

impl Hangup {
    /// Ends the call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells Twilio this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parameters.push(Parameter::new(name, value));
        self
    }
}

element! {
    /// Leaves the queue in which the caller waits.
    Leave {}
}

impl Leave {
    /// Leaves the queue.
    pub fn new() -> Self {
        Self::default()
    }
}

element! {
    /// Plays back to the caller what they say, for tests.
    Echo {}
}

impl Echo {
    /// Plays back what the caller says.
    pub fn new() -> Self {
        Self::default()
    }
}

element! {
    /// Declines the call without answering it, free of charge. Only as the first verb.
    Reject {
        /// What the caller hears; that the number is not in service if absent.
        reason: RejectReason = "@reason",
    } with {
        /// What Twilio is told of the reason.
        parameters: Vec<Parameter> = "Parameter",
    }
}

impl Reject {
    /// The caller hears that the number is not in service.
    pub fn new() -> Self {
        Self::default()
    }

    /// The caller hears a busy tone.
    pub fn busy() -> Self {
        Self::default().reason(RejectReason::Busy)
    }

    /// Tells Twilio this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parameters.push(Parameter::new(name, value));
        self
    }
}

element! {
    /// Goes on with another document. What follows is never reached.
    Redirect {
        /// How the document is asked for.
        method: Method = "@method",
    } with {
        /// The other document's URL, absolute or relative to this document's.
        url: Trimmed = "$text",
    }
}

impl Redirect {
    /// Goes on with the document at a URL.
    pub fn new(url: impl Into<Trimmed>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

element! {
    /// Hands a SIP call over to another address (Twilio's page "TwiML Voice: Refer").
    Refer {
        /// Where Twilio tells how it went and asks how to go on.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
    } with {
        /// The address to hand over to.
        sip: Option<ReferSip> = "Sip",
    }
}

impl Refer {
    /// Hands the call over to this address.
    pub fn new(address: impl Into<Trimmed>) -> Self {
        let sip = ReferSip { address: address.into() };
        Self { sip: Some(sip), ..Self::default() }
    }
}

element! {
    /// The SIP address of a Refer.
    ReferSip {} with {
        /// The address (`sip:…`).
        address: Trimmed = "$text",
    }
}

element! {
    /// Sends a text message during a call. Deprecated by Twilio: use its messages API.
    Sms {
        /// To whom; the caller if absent.
        to: Text = "@to",
        /// From whom; the called number if absent.
        from: Text = "@from",
        /// Where the call goes on. Without it the next verb follows.
        action: Text = "@action",
        /// How `action` is asked for.
        method: Method = "@method",
        /// Where Twilio tells whether the message went out.
        status_callback: Text = "@statusCallback",
    } with {
        /// The message.
        body: Text = "$text",
    }
}

impl Sms {
    /// Sends this message.
    pub fn new(body: impl Into<Text>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }
}
