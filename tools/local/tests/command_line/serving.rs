//! A system that stays, as somebody at its terminal has it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::Place;

/// Ports that nobody else has.
const PORTS: [&str; 7] = [
    "--port=0",
    "--fallback-port=0",
    "--dynamodb-port=0",
    "--s3-port=0",
    "--mail-port=0",
    "--transcribe-port=0",
    "--twilio-port=0",
];

/// A running system or exchange, whose input stays open.
pub(super) struct Serving {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Serving {
    /// Time runs 30 times as fast: a call takes some seconds.
    fn start(place: &Path, arguments: &[&str]) -> Self {
        Self::started(place, &[&["serve", "--speed=30"], &PORTS[..], arguments].concat())
    }

    /// Whatever stays until it is asked to end.
    pub(super) fn started(place: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        command.args(arguments).current_dir(place);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut serving = Self { child, input, lines, seen: Vec::new() };
        serving.until("Ctrl-C stops.");
        serving
    }

    fn types(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Waits for a line with this in it, and answers it.
    #[track_caller]
    pub(super) fn until(&mut self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_mins(1);
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        panic!("{text:?} is not shown: {:#?}", self.seen);
    }

    /// Where something is, as it is told in the beginning.
    fn address(&self, name: &str) -> String {
        let line = self.seen.iter().find(|line| line.trim_start().starts_with(name)).unwrap();
        let address = line.split_whitespace().nth(1).unwrap();
        address.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned()
    }

    /// Whether a line with this in it was shown.
    pub(super) fn has_told(&mut self, text: &str) -> bool {
        self.seen.iter().any(|line| line.contains(text))
    }

    /// The port of the first address that is told in the beginning.
    pub(super) fn port(&self) -> String {
        let line = self.seen.iter().find(|line| line.contains("http://127.0.0.1:")).unwrap();
        let (_, rest) = line.split_once("http://127.0.0.1:").unwrap();
        rest.chars().take_while(char::is_ascii_digit).collect()
    }

    /// Sends a signal, and answers the exit status. The input is still open.
    #[track_caller]
    pub(super) fn ends_by(mut self, signal: &str) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it goes on after {signal}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page, as a browser on this machine gets it.
fn page(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn each_session_over_the_same_data_delivers_its_own_call() {
    let place = Place::new();
    for mails in 1..=2 {
        let mut session = Serving::start(place.path(), &["--data=here"]);
        session.types("");
        session.until(&format!("mailbox/{mails:04}-"));
        let inbox = session.address("mails");
        assert_eq!(page(&inbox, "/").matches("Voicemail from (312) 555-0142").count(), mails);
        let mail = page(&inbox, &format!("/mails/{mails}"));
        assert!(mail.contains("<audio controls") && mail.contains("Anna from the garden center"), "{mail}");
        assert_eq!(session.ends_by("-TERM"), 0);
        assert_eq!(place.mails("here").len(), mails);
    }
}

#[test]
fn ctrl_c_ends_it_while_its_input_is_open() {
    let place = Place::new();
    let session = Serving::start(place.path(), &[]);
    assert_eq!(session.ends_by("-INT"), 0);
}

#[test]
fn a_data_folder_has_one_server_and_the_second_is_told_so() {
    let place = Place::new();
    let session = Serving::start(place.path(), &["--data=here"]);
    let second = place.run(&[&["serve", "--data=here"], &PORTS[..]].concat());
    assert_eq!((second.code, second.shown.as_str()), (1, ""));
    let told = "error: another system has its data in here: end that one with Ctrl-C, or give this one a folder \
                of its own with --data, and other ports\n";
    assert_eq!(second.complaint, told);
    assert_eq!(session.ends_by("-TERM"), 0);
    let third = Serving::start(place.path(), &["--data=here"]);
    assert_eq!(third.ends_by("-TERM"), 0);
}

#[test]
fn what_is_typed_is_a_call_or_answered_with_a_sentence() {
    let place = Place::new();
    let mut session = Serving::start(place.path(), &["--data=here"]);
    session.types("hello");
    session.until("neither a number like +14155550100 nor what a telephone does");
    session.types("+14155550101");
    session.until("`aftertone --local=here number add +14155550101");
    session.types("+14155550109");
    session.until("Twilio's account has no number +14155550109");
    session.types("+14155550100 answers");
    session.until("talks with +12125550199");
    session.types("busy");
    session.until("is busy");
    assert_eq!(session.ends_by("-TERM"), 0);
}

#[test]
fn a_step_that_fails_is_a_line_and_a_full_disk_no_success() {
    let place = Place::new();
    let mut session = Serving::start(place.path(), &["--data=here"]);
    // A file where a folder has to be stands for a disk that takes no more.
    fs::write(place.path().join("here/bucket/aftertone-audio/voicemails"), "").unwrap();
    session.types("busy");
    session.until("S3 could not do what it was asked for");
    let told = session.until("is not delivered yet: ");
    assert!(told.trim_start().starts_with("worker") && told.contains(" RE"), "{told}");
    assert_eq!(session.ends_by("-TERM"), 1);
}

#[test]
fn time_runs_no_faster_than_a_minute_in_a_second() {
    let run = Place::new().run(&["serve", "--speed", "61"]);
    assert_eq!(run.code, 2);
    assert!(run.complaint.contains("write a whole number from 1 to 60"), "{}", run.complaint);
}

/// What a shell shows that reads these lines.
fn shell(lines: &str) -> String {
    let output = Command::new("sh").args(["-ec", lines]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_three_lines_for_programs_do_what_they_say() {
    let place = Place::new();
    let session = Serving::start(place.path(), &["--data=here"]);
    let begins = session.seen.iter().position(|line| line.starts_with("API=http://127.0.0.1:")).unwrap();
    let lines = session.seen[begins..begins + 4].join("\n");
    let shown = shell(&lines);
    let (hold, events) = shown.split_once("{\"events\":").unwrap_or_else(|| panic!("{lines}\n{shown}"));
    assert!(hold.starts_with("{\"action\":{\"id\":\"a2\","), "{hold}");
    for happened in ["call.created", "participant.answered", "action.queued", "\"place\":\"hold\""] {
        assert!(events.contains(happened), "{happened}: {events}");
    }
    assert_eq!(session.ends_by("-TERM"), 0);
}

#[test]
fn the_document_of_the_api_begins_with_the_three_lines() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api.md");
    let document = fs::read_to_string(document).unwrap();
    let begins = document.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let lines: Vec<&str> = begins.lines().collect();
    let (_, key) = local::development::api_key(jiff::Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(lines[0], format!("API=http://127.0.0.1:8000/v1 KEY={key}"));
    assert_eq!(lines[1..], local::development::program());
}
