//! `<Start>` and `<Stop>` of streams and transcriptions, and `<Connect><Stream>`.

use super::documents::{Next, Scope};
use super::{Interrupt, Leg, Passed, Request};
use crate::document::{Connected, StreamAsked, TranscriptionAsked};
use crate::hearing::Hearing;
use crate::params::Params;
use crate::sockets::is_address;
use crate::url;
use crate::webhooks::WebhookKind;

impl Leg {
    /// What it asks for, with its callback's address in full; `None` if its address is none.
    fn stream_asked(&mut self, mut asked: StreamAsked) -> Option<StreamAsked> {
        if !is_address(&asked.url) {
            self.error(11100, format!("<Stream>: {:?} is no wss:// address without a query", asked.url));
            return None;
        }
        if let Some((address, _)) = &mut asked.status {
            *address = url::resolve(&self.base, address);
        }
        Some(asked)
    }

    pub(super) fn start_stream(&mut self, asked: StreamAsked) {
        let Some(asked) = self.stream_asked(asked) else { return };
        let is_taken = |name: &String| {
            let streams = self.network.listeners.streams_of(self.handle.sid());
            streams.iter().any(|stream| stream.asked.name.as_ref() == Some(name))
        };
        if self.network.config.unverified.names_are_unique && asked.name.as_ref().is_some_and(is_taken) {
            self.error(0, "<Stream>: the call has a stream of that name");
            return;
        }
        self.network.start_stream(&self.handle, &self.callbacks, asked, false);
    }

    pub(super) fn stop_stream(&self, name: Option<&str>) {
        let streams = self.network.listeners.streams_of(self.handle.sid());
        match streams.iter().find(|stream| name.is_some() && stream.asked.name.as_deref() == name) {
            Some(stream) => stream.stop(),
            None => self.log().warning(0, "<Stop><Stream>: the call has no stream of that name"),
        }
    }

    pub(super) fn start_transcription(&mut self, asked: TranscriptionAsked) {
        if !asked.has_engine() {
            self.error(32650, format!("<Transcription>: there is no engine {:?}", asked.engine));
            return;
        }
        let is_taken = |name: &String| {
            let transcriptions = self.network.listeners.transcriptions_of(self.handle.sid());
            transcriptions.iter().any(|it| it.asked.name.as_ref() == Some(name))
        };
        if self.network.config.unverified.names_are_unique && asked.name.as_ref().is_some_and(is_taken) {
            self.error(0, "<Transcription>: the call has a transcription of that name");
            return;
        }
        self.network.start_transcription(&self.handle, &self.callbacks, asked);
    }

    pub(super) fn stop_transcription(&self, name: Option<&str>) {
        let transcriptions = self.network.listeners.transcriptions_of(self.handle.sid());
        match transcriptions.iter().find(|it| name.is_some() && it.asked.name.as_deref() == name) {
            Some(transcription) => self.network.stop_transcription(transcription),
            None => {
                self.log().warning(0, "<Stop><Transcription>: the call has no transcription of that name");
            }
        }
    }

    /// The leg is handed to a web socket until that closes.
    pub(super) async fn connect_stream(&mut self, connected: Connected) -> Result<Next, Interrupt> {
        self.answer();
        let Some(asked) = self.stream_asked(connected.stream) else { return Ok(Next::Verb) };
        if asked.track != "inbound_track" {
            self.error(31941, "<Connect><Stream>: only the inbound track can be sent both ways");
            return Ok(Next::Verb);
        }
        self.hears(Hearing::Silence);
        let stream = self.network.start_stream(&self.handle, &self.callbacks, asked, true);
        let interrupt = loop {
            match self.pass(None).await {
                Ok(Passed::StreamOver(sid)) if sid == stream.sid => break None,
                Ok(Passed::Input) => {
                    self.keys.clear();
                    self.words = None;
                }
                Ok(_) => {}
                Err(interrupt) => break Some(interrupt),
            }
        };
        stream.stop();
        self.hears(Hearing::Silence);
        match (interrupt, connected.action) {
            (Some(interrupt), _) => Err(interrupt),
            (None, None) => Ok(Next::Verb),
            (None, Some(action)) => {
                let request = Request {
                    kind: WebhookKind::Redirect,
                    url: action,
                    method: connected.method,
                    extra: Params::new(),
                };
                self.go_on(request, Scope::Call).await
            }
        }
    }
}
