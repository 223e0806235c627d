//! Numbers, callers, and what has to come of a call.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use aws::{Aws, Bucket, Endpoints, Service};
use domain::{
    EmailAddress, Language, LiveCall, Mail, NumberSettings, RingTime, Speech as Prompts, Voicemail,
};
use exchange::clock::Clock;
use exchange::{Caller, Config, Exchange, NumberUrls, Phone, Speech, Story, Transcription};
use http::Request;
use http_body_util::Full;
use jiff::Timestamp;
use phone::{AccountSid, CallSid, PhoneNumber, RecordingSid};
use store::{Filed, NewFile, Store, StoreError, Tables};
use tokio::time::{Instant, sleep};

use crate::LOOK_EVERY;
use crate::cloud::Cloud;
use crate::emulator::{Emulator, free_address};
use crate::sam::Sam;
use crate::sink::{Letter, Sink};

/// The Twilio account.
pub const ACCOUNT_SID: &str = "AC00000000000000000000000000000001";

/// Its token. The account is the exchange's, and the token opens nothing else.
pub const AUTH_TOKEN: &str = "deployed-token-0123456789abcdef0";

/// The sender of all mails.
const MAIL_FROM: &str = "voicemail@aftertone.example";

/// Two for each address that Twilio calls (POST and GET), three for what those hear who wait, two for links,
/// three for programs.
const ROUTES: usize = 2 * 16 + 3 + 2 + 3;

/// How long a mail waits for its words here.
const TIME_BOX_SECONDS: u64 = 8;

/// How long a mail may take from the end of its call. The emulator takes its time.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// Everything that takes part.
#[derive(Debug)]
pub struct World {
    emulator: Emulator,
    /// The tool that deploys.
    pub sam: Sam,
    /// AWS's own API.
    pub cloud: Cloud,
    /// Where mails arrive.
    pub sink: Sink,
    /// The telephone network.
    pub exchange: Network,
    /// What the stack says of itself.
    pub outputs: BTreeMap<String, String>,
    store: Store,
}

/// The exchange, which does not show its inside.
pub struct Network(Exchange);

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Network({})", self.0.rest_url())
    }
}

impl std::ops::Deref for Network {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.0
    }
}

/// A masked number with its owner.
#[derive(Clone, Debug)]
pub struct MaskedNumber {
    /// What people call.
    pub number: String,
    /// The owner's telephone.
    pub phone: String,
    /// The owner's mailbox.
    pub email: String,
}

impl MaskedNumber {
    /// The line of this number among all.
    pub fn nth(nth: u16) -> Self {
        Self {
            number: format!("+1415555{nth:04}"),
            phone: format!("+1212555{nth:04}"),
            email: format!("owner-{nth}@aftertone.example"),
        }
    }

    /// Somebody else who is reached by the same number.
    pub fn colleague(&self) -> Self {
        Self {
            number: self.number.clone(),
            phone: self.phone.replace("+1212", "+1646"),
            email: format!("colleague-of-{}", self.email),
        }
    }
}

impl World {
    /// An emulator with nothing in it, and what goes around it.
    ///
    /// # Errors
    /// When something does not start.
    pub async fn start(repository: &Path, tools: &Path, folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let sink = Sink::start().await?;
        let emulator = Emulator::start(tools, folder, sink.address()).await?;
        let address = emulator.address();
        let config = Config {
            // A message's words come while its mail still waits for them.
            transcription: Transcription::Completes { after: Duration::from_secs(1) },
            recording_ready_after: Duration::from_secs(1),
            via: Some(address),
            port: free_address()?.port(),
            ..Config::new(AccountSid::parse(ACCOUNT_SID)?, AUTH_TOKEN, Clock::system())
        };
        Ok(Self {
            sam: Sam::new(repository, tools, folder, address)?,
            cloud: Cloud::new(address),
            exchange: Network(Exchange::start(config).await?),
            store: store(&emulator, &BTreeMap::new()),
            outputs: BTreeMap::new(),
            emulator,
            sink,
        })
    }

    /// Deploys what was built, with some parameters more, and makes it ready for calls.
    ///
    /// # Errors
    /// When it can't be deployed.
    pub async fn deploy(&mut self, parameters: &[&str]) -> Result<()> {
        self.sam.deploy(&self.parameters(parameters)).await?;
        self.outputs = self.cloud.outputs().await?;
        let routes = self.cloud.complete().await?;
        ensure!(routes == ROUTES, "{routes} routes instead of {ROUTES}");
        self.store = store(&self.emulator, &self.outputs);
        Ok(())
    }

    /// Deploys another template. No calls are placed with it.
    ///
    /// # Errors
    /// When it can't be deployed.
    pub async fn deploy_template(&mut self, template: &Path) -> Result<()> {
        self.sam.deploy_template(template, &self.parameters(&[])).await?;
        self.outputs = self.cloud.outputs().await?;
        Ok(())
    }

    fn parameters(&self, more: &[&str]) -> Vec<String> {
        let ours = [
            format!("MailFrom={MAIL_FROM}"),
            format!("TwilioApiUrl={}", self.exchange.rest_url()),
            format!("TimeBoxSeconds={TIME_BOX_SECONDS}"),
        ];
        ours.into_iter().chain(more.iter().map(|&it| it.to_owned())).collect()
    }

    /// Fills the secret, as `aftertone secret set` does.
    ///
    /// # Errors
    /// What Secrets Manager says.
    pub async fn put_secret(&self) -> Result<()> {
        let secret = format!(r#"{{"accounts":[{{"sid":"{ACCOUNT_SID}","auth_tokens":["{AUTH_TOKEN}"]}}]}}"#);
        self.cloud.put_secret(self.output("TwilioSecretArn")?, &secret).await
    }

    /// An output of the stack.
    ///
    /// # Errors
    /// When it has none of this name.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| format!("the stack has no output {name}"))
    }

    /// A number with its owner, ready for calls. Its telephone does not ring for long.
    ///
    /// # Errors
    /// What the table says.
    pub async fn add(&self, line: &MaskedNumber, language: Language, phone: Phone) -> Result<()> {
        // Time is real here.
        self.add_ringing(line, language, phone, RingTime::seconds(5)?).await
    }

    /// The same, with a telephone that rings for so long.
    ///
    /// # Errors
    /// What the table says.
    pub async fn add_ringing(
        &self,
        line: &MaskedNumber,
        language: Language,
        phone: Phone,
        ring_time: RingTime,
    ) -> Result<()> {
        let mut settings = NumberSettings::new(
            PhoneNumber::parse(&line.number)?,
            EmailAddress::parse(&line.email)?,
            PhoneNumber::parse(&line.phone)?,
        );
        settings.speech = Prompts::in_language(language);
        settings.owner.language = language;
        settings.forwarding.ring_time = ring_time;
        settings.forwarding.announce = false;
        self.store.put_number(&settings).await?;
        self.wire(line, phone)
    }

    /// Puts a phone file in force for a number, as `aftertone number edit` does.
    ///
    /// # Errors
    /// What is wrong with the file, or what the table says.
    pub async fn write_file(&self, line: &MaskedNumber, text: &str) -> Result<()> {
        let checked = phonefile::read(text);
        let checked = checked.map_err(|faults| anyhow!(phonefile::shown(&faults, "the phone file", text)))?;
        let seen = self.store.settings(&PhoneNumber::parse(&line.number)?).await?;
        let new = NewFile { text, file: &checked.file, by: "olivia", at: Timestamp::now() };
        let filed = self.store.write_file(&seen, new).await?;
        ensure!(matches!(filed, Filed::Written(_)), "{filed:?}");
        Ok(())
    }

    /// Points a number at the stack, as `aftertone wire` does.
    ///
    /// # Errors
    /// When the stack lacks an output.
    pub fn wire(&self, line: &MaskedNumber, phone: Phone) -> Result<()> {
        let urls = NumberUrls::voice(self.output("VoiceUrl")?)
            .with_fallback(self.output("FallbackUrl")?)
            .with_status_callback(self.output("StatusUrl")?);
        self.exchange.wire(line.number.as_str(), urls);
        self.exchange.plug(line.phone.as_str(), phone);
        Ok(())
    }

    /// Places a call, and waits for its end.
    pub async fn call(&self, caller: Caller, line: &MaskedNumber) -> Story {
        self.exchange.call(caller, line.number.as_str()).await
    }

    /// A call in which a message is left, up to the one mail that brings it.
    ///
    /// # Errors
    /// What is not as it has to be.
    pub async fn voicemail(&self, line: &MaskedNumber, speech: &Speech) -> Result<(Story, Letter)> {
        self.message(Caller::new("+13125550142").leaves(speech.clone()), line, &line.email).await
    }

    /// The same, by this caller, for this mailbox.
    ///
    /// # Errors
    /// What is not as it has to be.
    pub async fn message(&self, caller: Caller, line: &MaskedNumber, to: &str) -> Result<(Story, Letter)> {
        let before = self.sink.of(to).len();
        let story = self.call(caller.then_presses('#'), line).await;
        ensure!(
            story.heard_beep() && !story.heard_application_error(),
            "the caller did not get a beep:\n{story}"
        );
        let letters = self.sink.wait(to, before + 1, PATIENCE).await.with_context(|| format!("{story}"))?;
        ensure!(letters.len() == before + 1, "{} mails instead of one", letters.len() - before);
        let letter = letters.into_iter().next_back().context("no mail")?;
        let recording = story.recording().context("no recording")?;
        delivered(&letter, &recording.speech)?;
        Ok((story, letter))
    }

    /// Waits until the ledger says that a voicemail needs nothing more.
    ///
    /// # Errors
    /// When it does not.
    pub async fn done(&self, recording_sid: &RecordingSid) -> Result<Voicemail> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let row = patiently(deadline, || self.store.voicemail(recording_sid)).await?;
            if !row.open && matches!(row.mail, Mail::Sent { .. }) {
                return Ok(row);
            }
            if Instant::now() > deadline {
                bail!("the voicemail is not done after {PATIENCE:?}: {row:?}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until the worker has nothing more to do about a call that was parked, or in a menu.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn summed_up(&self, call_sid: &CallSid) -> Result<LiveCall> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let row = patiently(deadline, || self.store.live_call(call_sid)).await?;
            if row.is_summed_up {
                return Ok(row);
            }
            if Instant::now() > deadline {
                bail!("the call is not summed up after {PATIENCE:?}: {row:?}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The bucket with the sound.
    ///
    /// # Errors
    /// When the stack has none.
    pub fn bucket(&self) -> Result<Bucket> {
        let url = format!("http://{}", self.emulator.address());
        let aws = Aws::emulated(Endpoints::default().with(Service::S3, url));
        Ok(aws.bucket(self.output("AudioBucket")?)?)
    }

    /// The tables, as functions see them.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Follows a mail's link to its page, and from there to the sound, as a player does.
    ///
    /// # Errors
    /// When it does not lead there.
    pub async fn follow(&self, link: &str) -> Result<Vec<u8>> {
        let get = |url: &str| Request::get(url).body(Full::default());
        let page = self.cloud.send(get(link)?).await?;
        ensure!(page.status == 200, "the link answers {}: {}", page.status, page.text());
        ensure!(page.text().contains("src=\"?audio=1\""), "no player: {}", page.text());
        let redirect = self.cloud.send(get(&format!("{link}?audio=1"))?).await?;
        ensure!(redirect.status == 302, "the player gets {}: {}", redirect.status, redirect.text());
        let sound = self.cloud.send(get(&redirect.location.context("no location")?)?).await?;
        ensure!(sound.status == 200, "the sound answers {}: {}", sound.status, sound.text());
        Ok(sound.body.to_vec())
    }

    /// What leads AWS's tools, and `aftertone`, to this system: a shell's lines.
    pub fn environment(&self) -> String {
        let lines = self.sam.environment().map(|(name, value)| format!("export {name}={value}"));
        lines.join("\n")
    }

    /// Ends the emulator.
    ///
    /// # Errors
    /// When it can't be ended.
    pub async fn stop(self) -> Result<()> {
        self.emulator.stop().await
    }
}

/// That a mail has the sound of a message.
///
/// # Errors
/// What it lacks.
pub fn delivered(letter: &Letter, speech: &Speech) -> Result<()> {
    let [sound] = &letter.sounds[..] else { bail!("{} sounds in the mail", letter.sounds.len()) };
    ensure!(*sound == speech.to_wav(), "the sound in the mail is another one");
    Ok(())
}

fn store(emulator: &Emulator, outputs: &BTreeMap<String, String>) -> Store {
    let url = format!("http://{}", emulator.address());
    let table = |name: &str| outputs.get(name).cloned().unwrap_or_default();
    let tables = Tables {
        numbers: table("NumbersTable"),
        calls: table("CallsTable"),
        voicemails: table("VoicemailsTable"),
        live_calls: table("LiveCallsTable"),
        access: table("AccessTable"),
    };
    let aws = Aws::emulated(Endpoints::default().with(Service::DynamoDb, url));
    Store::new(aws.dynamodb(), tables)
}

/// Reads once more what could not be read: the store waits no longer than a caller would, and the emulator is slow.
async fn patiently<T, F>(deadline: Instant, read: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match read().await {
            Err(error) if error.passes() && Instant::now() < deadline => sleep(LOOK_EVERY).await,
            read => return Ok(read?),
        }
    }
}
