//! How an exchange is set up.

use std::net::SocketAddr;
use std::time::Duration;

use phone::AccountSid;

use crate::clock::Clock;
use crate::transport::Wire;
use crate::unverified::Unverified;
use crate::webhooks::Method;

/// What an [`Exchange`](crate::Exchange) needs to know. Start from [`Config::new`] and change
/// fields: `Config { port: 8050, ..Config::new(account_sid, "token", clock) }`.
#[derive(Clone)]
pub struct Config {
    /// The account that owns the wired numbers.
    pub account_sid: AccountSid,
    /// The account's auth token: signs webhooks, and opens the REST API.
    pub auth_token: String,
    /// An API key that opens the REST API as well.
    pub api_key: Option<ApiKey>,
    /// The time of the network.
    pub clock: Clock,
    /// The longest wait for a webhook's answer, in real time. Twilio's is 15 s.
    pub read_limit: Duration,
    /// Where every webhook is sent, in the clear, instead of the host that its URL names; `Host` and
    /// the signature are as for that. It stands in for DNS and TLS where the real addresses lead to
    /// a machine of one's own.
    pub via: Option<SocketAddr>,
    /// The loopback port of the REST API; 0 takes a free one.
    pub port: u16,
    /// When a recording can be fetched, after its end. Twilio promises nothing; default 2 s.
    pub recording_ready_after: Duration,
    /// What comes of transcriptions, until [`set_transcription`](crate::Exchange::set_transcription).
    pub transcription: Transcription,
    /// What a `<Dial>` reports whose caller hung up while it rang.
    pub abandoned: Abandoned,
    /// Whether recordings in which nobody speaks are kept.
    pub silent_recordings: SilentRecordings,
    /// What comes of a `<Play>` whose sound cannot be had.
    pub unplayable: Unplayable,
    /// Countries (`FR`) that the account may not call, as the REST API tells; calls go through.
    pub forbidden_countries: Vec<String>,
    /// Numbers that are not the account's own and may be shown to those whom it calls.
    pub verified_numbers: Vec<crate::Address>,
    /// How many calls a second each account may begin; more wait for their turn. Twilio's default is 1.
    pub calls_per_second: u32,
    /// What nobody has seen of Twilio for sure.
    pub unverified: Unverified,
    /// Whether a document is refused for what Twilio only warns of: attributes and elements that have no place
    /// where they stand (12200). If not, they are left out with a warning in the story.
    pub refuses_warnings: bool,
    /// Whether stories warn of webhooks that are asked for in the clear, as only this machine's own are.
    pub warns_of_plain_http: bool,
    /// How many finished calls are remembered, with all that belongs to them, and how many REST requests and
    /// problems of none; the oldest go first. All, if absent.
    pub keeps_finished: Option<usize>,
    /// Makes identifiers; the same seed makes the same ones.
    pub seed: u64,
}

impl Config {
    /// Twilio's defaults.
    pub fn new(account_sid: AccountSid, auth_token: &str, clock: Clock) -> Self {
        Self {
            account_sid,
            auth_token: auth_token.into(),
            api_key: None,
            clock,
            read_limit: Duration::from_secs(15),
            via: None,
            port: 0,
            recording_ready_after: Duration::from_secs(2),
            transcription: Transcription::default(),
            abandoned: Abandoned::default(),
            silent_recordings: SilentRecordings::default(),
            unplayable: Unplayable::default(),
            forbidden_countries: Vec::new(),
            verified_numbers: Vec::new(),
            calls_per_second: 1,
            unverified: Unverified::default(),
            refuses_warnings: true,
            warns_of_plain_http: false,
            keeps_finished: None,
            seed: 1,
        }
    }

    /// How much of the real time a limit of the network's time may take: all that there is where time is
    /// made up, for a slow machine is no slow server.
    pub(crate) fn really(&self, limit: Duration) -> Duration {
        if self.clock.is_virtual() { self.read_limit } else { limit.min(self.read_limit) }
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire { via: self.via }
    }

    /// Adds an API key.
    pub fn with_api_key(mut self, sid: &str, secret: &str) -> Self {
        self.api_key = Some(ApiKey { sid: sid.into(), secret: secret.into() });
        self
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Config")
            .field("account_sid", &self.account_sid)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Credentials of the REST API besides the auth token.
#[derive(Clone)]
pub struct ApiKey {
    /// The key, `SK…`: the user name.
    pub sid: String,
    /// Its secret: the password.
    pub secret: String,
}

/// Another account at the same network: a stranger's, or a subaccount. It has its own numbers,
/// calls and recordings, its own token signs its webhooks, and the REST API shows one account
/// nothing of another.
#[derive(Clone)]
pub struct Account {
    /// The account.
    pub sid: AccountSid,
    /// Its auth token: signs its webhooks, and opens its part of the REST API.
    pub auth_token: String,
    /// An API key that opens that as well.
    pub api_key: Option<ApiKey>,
    /// The account that this one is a subaccount of. Whoever may log in there may do so here,
    /// but not the other way round.
    pub parent: Option<AccountSid>,
}

impl Account {
    /// An account on its own.
    pub fn new(sid: AccountSid, auth_token: &str) -> Self {
        Self { sid, auth_token: auth_token.into(), api_key: None, parent: None }
    }

    /// Adds an API key.
    pub fn with_api_key(mut self, sid: &str, secret: &str) -> Self {
        self.api_key = Some(ApiKey { sid: sid.into(), secret: secret.into() });
        self
    }

    /// Makes it a subaccount.
    pub fn below(mut self, parent: AccountSid) -> Self {
        self.parent = Some(parent);
        self
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Account")
            .field("sid", &self.sid)
            .field("parent", &self.parent)
            .finish_non_exhaustive()
    }
}

/// The URLs that are configured on a number. Requested with POST unless it says GET.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberUrls {
    /// Asked what to do when a call comes in. May carry connection overrides in its fragment.
    pub voice_url: String,
    /// How that is asked: `VoiceMethod`.
    pub voice_method: Method,
    /// Asked instead when a document cannot be fetched or understood.
    pub voice_fallback_url: Option<String>,
    /// How that is asked: `VoiceFallbackMethod`.
    pub voice_fallback_method: Method,
    /// Told when a call has ended.
    pub status_callback: Option<String>,
    /// How that is told: `StatusCallbackMethod`.
    pub status_callback_method: Method,
    /// A `TwiML` application of the account, whose URLs count instead of these. Where it is unknown, calls
    /// go by the URLs here.
    pub voice_application_sid: Option<String>,
    /// Likewise a SIP trunk, which takes all calls at Twilio.
    pub trunk_sid: Option<String>,
    /// Its name, if it has another than its digits.
    pub friendly_name: Option<String>,
    /// Asked what to do with a text: `SmsUrl`. Kept and shown; texts are not played.
    pub sms_url: Option<String>,
    /// How that would be asked.
    pub sms_method: Method,
    /// Asked instead, likewise.
    pub sms_fallback_url: Option<String>,
}

impl NumberUrls {
    /// Only a voice URL.
    pub fn voice(voice_url: impl Into<String>) -> Self {
        Self { voice_url: voice_url.into(), ..Self::default() }
    }

    /// Adds a fallback URL.
    pub fn with_fallback(mut self, url: impl Into<String>) -> Self {
        self.voice_fallback_url = Some(url.into());
        self
    }

    /// Adds a status callback.
    pub fn with_status_callback(mut self, url: impl Into<String>) -> Self {
        self.status_callback = Some(url.into());
        self
    }
}

/// What comes of transcriptions that a `<Record>` asks for. Times count from when the recording
/// is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transcription {
    /// The speech's words arrive.
    Completes {
        /// After this time.
        after: Duration,
    },
    /// The callback says `failed`.
    Fails {
        /// After this time.
        after: Duration,
    },
    /// No callback ever comes.
    Never,
}

impl Default for Transcription {
    fn default() -> Self {
        Self::Completes { after: Duration::from_secs(20) }
    }
}

/// `DialCallStatus` when the caller hung up while the phone rang. Both have been seen at Twilio,
/// whose documentation only says that the session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Abandoned {
    /// `canceled`.
    #[default]
    Canceled,
    /// `no-answer`.
    NoAnswer,
}

/// What comes of a `<Play>` whose sound cannot be fetched, or is none that can be played.
/// A number without fallback was seen to say that an application error has occurred
/// (TwilioDevEd/anonymous-communications-rails, pull request 180); that a fallback URL is asked is
/// what its description says ("an error occurs retrieving or executing the TwiML"), and unverified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unplayable {
    /// The fallback URL is asked, as for a document that cannot be had.
    #[default]
    FallsBack,
    /// The caller hears of an application error, and the call ends.
    EndsTheCall,
    /// The next verb follows.
    IsLeftOut,
}

/// What happens to recordings in which nobody speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SilentRecordings {
    /// They are kept like others; Twilio's default.
    #[default]
    Kept,
    /// They become `absent` with error 16102, as Twilio's support can switch on.
    Deleted,
}
