//! A media stream: the sound of a leg, sent to a web socket while it is heard, and in one of two ways back.
//!
//! Sound is sent in frames of 20 ms. On a virtual clock the frames of up to a second go at once, and time stands still
//! until the other end has taken them: so a program that answers what it hears is as quick as it really is.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::callbacks::Callbacks;
use crate::clock::{Clock, later, lock, until};
use crate::document::StreamAsked;
use crate::hearing::Hearing;
use crate::leg_handle::{LegHandle, Signal};
use crate::mulaw;
use crate::params::{Params, push};
use crate::post::Post;
use crate::sockets::{Connected, Wire};
use crate::speaking::time_to_say;
use crate::story::What;
use crate::webhooks::{Webhook, WebhookKind};
use crate::{SAMPLE_RATE, Speech, url};

/// A frame.
const FRAME: Duration = Duration::from_millis(20);

/// Its samples, each a byte.
const FRAME_SAMPLES: usize = 160;

/// The sound of how long goes at once, at most.
const SPAN: Duration = Duration::from_secs(1);

/// The same where time runs by itself.
const LIVE_SPAN: Duration = Duration::from_millis(100);

/// A stream of a leg.
pub(crate) struct Stream {
    pub(crate) sid: String,
    pub(crate) leg: Arc<LegHandle>,
    pub(crate) asked: StreamAsked,
    is_two_way: bool,
    post: Arc<Post>,
    callbacks: Callbacks,
    orders: mpsc::UnboundedSender<Order>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_over: bool,
    /// Who said something: whoever is at the leg (false), or others.
    pieces: Vec<(Timestamp, bool, Speech)>,
}

/// What a stream is told.
enum Order {
    Key(char),
    Stop,
}

/// What happens to a stream.
enum Happens {
    Order(Order),
    /// Something comes from the other end; none when it has closed.
    Comes(Option<Result<Message, tokio_tungstenite::tungstenite::Error>>),
    Time,
}

/// Why it is over.
enum Over {
    /// It was stopped, or its leg is over.
    Stopped,
    /// The other end has closed in good manner.
    Closed,
    Broken(String),
}

impl Stream {
    /// Begins one. Two-way, its leg is told when it is over.
    pub(crate) fn start(
        post: &Arc<Post>,
        sid: String,
        leg: &Arc<LegHandle>,
        callbacks: &Callbacks,
        (asked, is_two_way): (StreamAsked, bool),
    ) -> Arc<Self> {
        let (orders, ordered) = mpsc::unbounded_channel();
        leg.log.note(format!("its sound is sent to {}", asked.url));
        let stream = Arc::new(Self {
            sid,
            leg: leg.clone(),
            asked,
            is_two_way,
            post: post.clone(),
            callbacks: callbacks.clone(),
            orders,
            state: Mutex::default(),
        });
        drop(post.clock.spawn(stream.clone().run(ordered)));
        stream
    }

    pub(crate) fn is_over(&self) -> bool {
        lock(&self.state).is_over
    }

    /// Ends it, once.
    pub(crate) fn stop(&self) {
        if !std::mem::replace(&mut lock(&self.state).is_over, true) {
            let _ = self.orders.send(Order::Stop);
        }
    }

    /// Somebody says something.
    pub(crate) fn hears(&self, by_others: bool, words: &str) {
        let speech = Speech::tone(time_to_say(words), words);
        lock(&self.state).pieces.push((self.clock().now(), by_others, speech));
    }

    /// Whoever is at the leg presses keys.
    pub(crate) fn presses(&self, keys: &str) {
        for key in keys.chars().filter(|_| self.is_two_way) {
            let _ = self.orders.send(Order::Key(key));
        }
    }

    fn clock(&self) -> &Clock {
        &self.post.clock
    }

    fn tell(&self, event: &str, error: &str) {
        let Some((address, method)) = &self.asked.status else { return };
        let facts = self.leg.facts();
        let mut params = Params::new();
        push(&mut params, "AccountSid", facts.account_sid.as_str());
        push(&mut params, "CallSid", facts.sid.as_str());
        if !error.is_empty() {
            push(&mut params, "StreamError", error);
        }
        push(&mut params, "StreamEvent", event);
        push(&mut params, "StreamName", self.asked.name.as_deref().unwrap_or(&self.sid));
        push(&mut params, "StreamSid", self.sid.as_str());
        push(&mut params, "Timestamp", format!("{:.6}", self.clock().now()));
        self.callbacks.tell(&Webhook {
            kind: WebhookKind::Stream,
            account_sid: facts.account_sid.clone(),
            call_sid: facts.sid.clone(),
            method: *method,
            url: address.clone(),
            params,
        });
    }

    fn fails(&self, code: u32, message: &str) {
        self.leg.log.error(code, format!("the stream {}: {message}", self.sid));
        self.tell("stream-error", &format!("{code}: {message}"));
    }

    async fn run(self: Arc<Self>, mut orders: mpsc::UnboundedReceiver<Order>) {
        let token = self.post.accounts.token(&self.leg.facts().account_sid);
        let signature = signature::sign(&token, &url::signed(&self.asked.url), signature::Body::Empty);
        let limit = self.post.config.read_limit;
        let connected = self.post.sockets.connect(self.clock(), &self.asked.url, &signature, limit).await;
        match connected {
            Connected::Open(wire) => {
                self.tell("stream-started", "");
                let line =
                    Line { wire: *wire, is_virtual: self.clock().is_virtual(), limit, sequence: 0, pings: 0 };
                match self.goes_on(line, &mut orders).await {
                    Over::Stopped | Over::Closed => self.tell("stream-stopped", ""),
                    Over::Broken(why) => self.fails(31921, &why),
                }
            }
            Connected::Refused(why) => self.fails(31920, &format!("the handshake failed: {why}")),
            // Of this nobody is told, however long it goes on.
            Connected::Nobody(why) => {
                self.leg.log.note(format!("the stream {} reaches nobody: {why}", self.sid));
                if !self.is_two_way {
                    while let Some(Order::Key(_)) = self.clock().wait_for(orders.recv()).await {}
                }
            }
        }
        lock(&self.state).is_over = true;
        if self.is_two_way {
            self.leg.signal(Signal::StreamOver(self.sid.clone()));
        }
    }

    async fn goes_on(&self, mut line: Line, orders: &mut mpsc::UnboundedReceiver<Order>) -> Over {
        let clock = self.clock().clone();
        let began = clock.now();
        let mut sending = Sending { began, frames: 0, chunks: [0, 0] };
        let mut playing = Playing::default();
        if let Err(broken) = line.greet(self).await {
            return Over::Broken(broken);
        }
        let mut waiting: VecDeque<Message> = VecDeque::new();
        let mut is_stopped = false;
        loop {
            let now = clock.now();
            if let Err(broken) = self.send_frames(&mut line, &mut sending, now).await {
                return Over::Broken(broken);
            }
            if is_stopped {
                line.farewell(self).await;
                return Over::Stopped;
            }
            match line.settle().await {
                Ok(came) => waiting.extend(came),
                Err(broken) => return Over::Broken(broken),
            }
            while let Some(message) = waiting.pop_front() {
                if matches!(message, Message::Close(_)) {
                    return Over::Closed;
                }
                if let Err(broken) = self.comes(&mut line, &mut playing, &message).await {
                    return Over::Broken(broken);
                }
            }
            for mark in playing.due(now) {
                if let Err(broken) = line.mark(self, &mark).await {
                    return Over::Broken(broken);
                }
            }
            if playing.is_over(now) {
                self.leg.hears(Hearing::Silence);
            }
            let span = if line.is_virtual { SPAN } else { LIVE_SPAN };
            let next = playing.next().map_or(later(now, span), |at| at.min(later(now, span)));
            let first = async {
                tokio::select! {
                    biased;
                    order = orders.recv() => Happens::Order(order.unwrap_or(Order::Stop)),
                    came = line.wire.next() => Happens::Comes(came),
                }
            };
            let happens = clock.wait_at_most(until(now, next), first).await.unwrap_or(Happens::Time);
            match happens {
                Happens::Time => {}
                Happens::Order(Order::Stop) => is_stopped = true,
                Happens::Order(Order::Key(key)) => {
                    if let Err(broken) = line.key(self, key).await {
                        return Over::Broken(broken);
                    }
                }
                Happens::Comes(Some(Ok(Message::Close(_)))) => return Over::Closed,
                Happens::Comes(Some(Ok(message))) => waiting.push_back(message),
                Happens::Comes(Some(Err(error))) => return Over::Broken(error.to_string()),
                Happens::Comes(None) => return Over::Broken("the connection broke".to_owned()),
            }
        }
    }

    /// Sends what was heard until now, in whole frames.
    async fn send_frames(
        &self,
        line: &mut Line,
        sending: &mut Sending,
        now: Timestamp,
    ) -> Result<(), String> {
        let frames =
            u64::try_from(until(sending.began, now).as_millis() / FRAME.as_millis()).unwrap_or(u64::MAX);
        if frames <= sending.frames {
            return Ok(());
        }
        let from = later(sending.began, FRAME * as_count(sending.frames));
        let count = usize::try_from(frames - sending.frames).unwrap_or(usize::MAX);
        let tracks = self.asked.tracks();
        let sounds: Vec<Vec<i16>> =
            tracks.iter().map(|outbound| self.sound(*outbound, from, count * FRAME_SAMPLES)).collect();
        for frame in 0..count {
            for (outbound, sound) in tracks.iter().zip(&sounds) {
                let samples = &sound[frame * FRAME_SAMPLES..(frame + 1) * FRAME_SAMPLES];
                let bytes: Vec<u8> = samples.iter().map(|sample| mulaw::encode(*sample)).collect();
                let chunk = &mut sending.chunks[usize::from(*outbound)];
                *chunk += 1;
                let media = json!({
                    "track": if *outbound { "outbound" } else { "inbound" },
                    "chunk": chunk.to_string(),
                    "timestamp": (u128::from(sending.frames) * FRAME.as_millis()).to_string(),
                    "payload": STANDARD.encode(bytes),
                });
                line.says(self, "media", Some(("media", media))).await?;
            }
            sending.frames += 1;
        }
        line.flush().await?;
        // What is over is not sent any more.
        lock(&self.state).pieces.retain(|(at, _, speech)| later(*at, speech.length()) > now);
        Ok(())
    }

    /// What is heard in a direction from an instant on.
    fn sound(&self, outbound: bool, from: Timestamp, samples: usize) -> Vec<i16> {
        let mut sound = vec![0_i16; samples];
        let end = later(from, length_of(samples));
        let state = lock(&self.state);
        let spoken = state.pieces.iter().filter(|(_, by_others, _)| *by_others == outbound);
        for (at, _, speech) in spoken {
            add(&mut sound, speech.samples(), (from, *at));
        }
        drop(state);
        if outbound {
            // A prompt, a file or music hums.
            for heard in self.leg.heard().iter().filter(|heard| heard.until > from && heard.from < end) {
                let hums = matches!(
                    heard.what,
                    Hearing::Words(_) | Hearing::Sound(_) | Hearing::Keys(_) | Hearing::Music(_)
                );
                if hums {
                    let since = heard.from.max(from);
                    let hum = Speech::tone(until(since, heard.until.min(end)), "");
                    add(&mut sound, hum.samples(), (from, since));
                }
            }
        }
        sound
    }

    /// The other end says something.
    async fn comes(&self, line: &mut Line, playing: &mut Playing, message: &Message) -> Result<(), String> {
        let Message::Text(text) = message else { return Ok(()) };
        if !self.is_two_way {
            return Ok(());
        }
        let said: Value = serde_json::from_str(text.as_str()).unwrap_or_default();
        let now = self.clock().now();
        match said["event"].as_str() {
            Some("media") => {
                let payload = said["media"]["payload"].as_str().and_then(|text| STANDARD.decode(text).ok());
                match payload {
                    Some(bytes) if !bytes.is_empty() => {
                        if !playing.is_heard {
                            self.leg.hears(Hearing::Sound(self.asked.url.clone()));
                            self.leg.does(What::HearsSound(self.asked.url.clone()));
                        }
                        playing.plays(now, length_of(bytes.len()));
                    }
                    _ => self.complains(playing, "media without a sound"),
                }
            }
            Some("mark") => match said["mark"]["name"].as_str() {
                Some(name) => playing.marks.push_back((playing.until.max(now), name.to_owned())),
                None => self.complains(playing, "a mark without a name"),
            },
            Some("clear") => {
                playing.until = now;
                playing.is_heard = false;
                self.leg.hears(Hearing::Silence);
                for (_, name) in std::mem::take(&mut playing.marks) {
                    line.mark(self, &name).await?;
                }
            }
            _ => self.complains(playing, "neither media, mark nor clear"),
        }
        Ok(())
    }

    /// Twilio's debugger says so once.
    fn complains(&self, playing: &mut Playing, what: &str) {
        if !std::mem::replace(&mut playing.has_complained, true) {
            self.leg.log.warning(31951, format!("the stream {} was sent {what}", self.sid));
        }
    }
}

/// How much was sent.
struct Sending {
    began: Timestamp,
    frames: u64,
    /// Of what the leg says, and of what it hears.
    chunks: [u64; 2],
}

/// What is played to the leg.
#[derive(Default)]
struct Playing {
    until: Timestamp,
    marks: VecDeque<(Timestamp, String)>,
    is_heard: bool,
    has_complained: bool,
}

impl Playing {
    fn plays(&mut self, now: Timestamp, length: Duration) {
        self.until = later(self.until.max(now), length);
        self.is_heard = true;
    }

    /// The marks behind what was played.
    fn due(&mut self, now: Timestamp) -> Vec<String> {
        let count = self.marks.iter().take_while(|(at, _)| *at <= now).count();
        self.marks.drain(..count).map(|(_, name)| name).collect()
    }

    /// Whether what was played is over, once.
    fn is_over(&mut self, now: Timestamp) -> bool {
        self.until <= now && std::mem::replace(&mut self.is_heard, false)
    }

    fn next(&self) -> Option<Timestamp> {
        let mark = self.marks.front().map(|(at, _)| *at);
        let end = self.is_heard.then_some(self.until);
        [mark, end].into_iter().flatten().min()
    }
}

/// The connection, and what is counted in it.
struct Line {
    wire: Wire,
    is_virtual: bool,
    /// How long the other end may take, of the real time.
    limit: Duration,
    sequence: u64,
    pings: u64,
}

impl Line {
    async fn send(&mut self, message: Message) -> Result<(), String> {
        let sent = tokio::time::timeout(self.limit, self.wire.feed(message)).await;
        sent.map_err(|_| "it takes nothing any more".to_owned())?.map_err(|error| error.to_string())
    }

    async fn flush(&mut self) -> Result<(), String> {
        let flushed = tokio::time::timeout(self.limit, self.wire.flush()).await;
        flushed.map_err(|_| "it takes nothing any more".to_owned())?.map_err(|error| error.to_string())
    }

    /// Says something that is counted.
    async fn says(
        &mut self,
        stream: &Stream,
        event: &str,
        with: Option<(&str, Value)>,
    ) -> Result<(), String> {
        self.sequence += 1;
        let mut message = json!({
            "event": event, "sequenceNumber": self.sequence.to_string(), "streamSid": stream.sid,
        });
        if let Some((name, value)) = with {
            message[name] = value;
        }
        self.send(Message::text(message.to_string())).await
    }

    async fn greet(&mut self, stream: &Stream) -> Result<(), String> {
        let connected = json!({ "event": "connected", "protocol": "Call", "version": "1.0.0" });
        self.send(Message::text(connected.to_string())).await?;
        let facts = stream.leg.facts();
        let names = stream.asked.tracks();
        let tracks: Vec<&str> =
            names.iter().map(|outbound| if *outbound { "outbound" } else { "inbound" }).collect();
        let parameters: serde_json::Map<String, Value> =
            stream.asked.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let start = json!({
            "accountSid": facts.account_sid.as_str(),
            "streamSid": stream.sid,
            "callSid": facts.sid.as_str(),
            "tracks": tracks,
            "mediaFormat": { "encoding": "audio/x-mulaw", "sampleRate": SAMPLE_RATE, "channels": 1 },
            "customParameters": parameters,
        });
        self.says(stream, "start", Some(("start", start))).await?;
        self.flush().await
    }

    async fn mark(&mut self, stream: &Stream, name: &str) -> Result<(), String> {
        self.says(stream, "mark", Some(("mark", json!({ "name": name })))).await?;
        self.flush().await
    }

    async fn key(&mut self, stream: &Stream, key: char) -> Result<(), String> {
        let pressed = json!({ "track": "inbound_track", "digit": key.to_string() });
        self.says(stream, "dtmf", Some(("dtmf", pressed))).await?;
        self.flush().await
    }

    async fn farewell(&mut self, stream: &Stream) {
        let facts = stream.leg.facts();
        let stop = json!({ "accountSid": facts.account_sid.as_str(), "callSid": facts.sid.as_str() });
        // Who does not hear it any more is not told.
        let _ = self.says(stream, "stop", Some(("stop", stop))).await;
        let _ = tokio::time::timeout(self.limit, self.wire.close(None)).await;
    }

    /// Where time is virtual it stands still until the other end has taken what was sent; what came meanwhile.
    async fn settle(&mut self) -> Result<Vec<Message>, String> {
        let mut came = Vec::new();
        if !self.is_virtual {
            return Ok(came);
        }
        self.pings += 1;
        let ping = self.pings.to_be_bytes();
        self.send(Message::Ping(ping.to_vec().into())).await?;
        self.flush().await?;
        let wire = &mut self.wire;
        let answered = async {
            loop {
                match wire.next().await {
                    Some(Ok(Message::Pong(answer))) if answer[..] == ping[..] => return Ok(()),
                    Some(Ok(message @ Message::Close(_))) => {
                        came.push(message);
                        return Ok(());
                    }
                    Some(Ok(message)) => came.push(message),
                    Some(Err(error)) => return Err(error.to_string()),
                    None => return Err("the connection broke".to_owned()),
                }
            }
        };
        match tokio::time::timeout(self.limit, answered).await {
            Ok(Ok(())) => Ok(came),
            Ok(Err(broken)) => Err(broken),
            // It hangs, and nothing says so: time goes on without it.
            Err(_) => {
                self.is_virtual = false;
                Ok(came)
            }
        }
    }
}

/// Adds a sound that begins at an instant to one that begins at another.
fn add(sound: &mut [i16], other: &[i16], (from, at): (Timestamp, Timestamp)) {
    let before = samples_in(until(at, from));
    let after = samples_in(until(from, at)).min(sound.len());
    for (sample, other) in sound[after..].iter_mut().zip(other.iter().skip(before)) {
        *sample = sample.saturating_add(*other);
    }
}

fn samples_in(length: Duration) -> usize {
    usize::try_from(length.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000).unwrap_or(usize::MAX)
}

fn length_of(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(SAMPLE_RATE))
}

fn as_count(frames: u64) -> u32 {
    u32::try_from(frames).unwrap_or(u32::MAX)
}
