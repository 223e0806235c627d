//! A running system, and somebody at its command line.

use std::path::Path;
use std::process::Stdio;

use exchange::{Caller, NumberUrls, Phone, Speech, Story};
use local::development::{self, MASKED_NUMBER, OWNER_PHONE, STRANGER};
use local::place::Folders;
use local::stack::{Options, Stack};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Another number of the account, new, and nobody's yet.
pub(crate) const SPARE: &str = development::SPARE_NUMBERS[0];

/// The whole system with one number in it, not wired.
pub(crate) struct World {
    pub(crate) stack: Stack,
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) shown: String,
    pub(crate) complaint: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.shown).unwrap()
    }

    /// It went well; this is what was shown.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.complaint.as_str()), (0, ""), "{}", self.shown);
        self.shown
    }

    /// It was refused, with a sentence and no trace of a stack.
    #[track_caller]
    pub(crate) fn refused(self, why: &str) {
        assert_ne!(self.code, 0, "{}", self.shown);
        assert!(self.complaint.starts_with("error: "), "{}", self.complaint);
        assert!(self.complaint.contains(why), "{why:?} is not in {:?}", self.complaint);
        for trace in ["panicked", "Caused by", "backtrace", "SdkError", "DispatchFailure"] {
            assert!(!self.complaint.contains(trace), "{}", self.complaint);
        }
    }
}

/// Whatever a test was about, no function wanted more than its role allows.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.stack.denials(), Vec::<String>::new());
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        // Now, so that nothing is older than the lists look back.
        Self::with(Options::at(jiff::Timestamp::now(), Folders::temporary().unwrap())).await
    }

    /// Its time goes on by itself, ten times as fast.
    pub(crate) async fn running() -> Self {
        let now = jiff::Timestamp::now();
        let speed = std::num::NonZeroU32::new(10).unwrap();
        let clock = exchange::clock::Clock::running(now, speed);
        Self::with(Options { clock, ..Options::at(now, Folders::temporary().unwrap()) }).await
    }

    async fn with(options: Options) -> Self {
        let stack = Stack::start(options).await.unwrap();
        stack.add_number(&development::number().unwrap()).await.unwrap();
        stack.exchange.wire(SPARE, NumberUrls::voice(development::NEW_NUMBER_URL));
        stack.exchange.plug(OWNER_PHONE, Phone::never_answers());
        stack.write_outputs().unwrap();
        Self { stack }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.stack.folders.root()
    }

    /// Runs a command against the system, in its folder.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "").await
    }

    /// Runs a command with something in its standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = aftertone();
        command.arg(format!("--local={}", self.folder().display()));
        run(command.args(arguments).current_dir(self.folder()), input).await
    }

    /// A stranger calls and leaves a message; everything has come to rest.
    pub(crate) async fn voicemail(&self) -> Story {
        let caller = Caller::new(STRANGER).leaves(Speech::english_sample());
        let story = self.stack.exchange.call(caller, MASKED_NUMBER).await;
        self.stack.clock.settled().await;
        story
    }
}

/// The binary, without what this machine's environment says.
pub(crate) fn aftertone() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aftertone"));
    command.env_clear().env("TZ", "UTC").env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

pub(crate) async fn run(command: &mut Command, input: &str) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who reads no input closes it, which is no fault.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = child.wait_with_output().await.unwrap();
    Run {
        code: output.status.code().unwrap(),
        shown: String::from_utf8_lossy(&output.stdout).into_owned(),
        bytes: output.stdout,
        complaint: String::from_utf8(output.stderr).unwrap(),
    }
}
