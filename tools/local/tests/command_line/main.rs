//! What the command line shows and answers, from the outside: the built binary in an empty folder.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it must be")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{MessageParser, MimeHeaders as _};
use tempfile::TempDir;

mod exchange_alone;
mod serving;

const WORDS: &str = "Hello, this is Anna from the garden center. Your two apple trees have arrived. \
                     Please call me back tomorrow before noon. Goodbye.";

/// A folder to run in, gone with this value.
struct Place(TempDir);

/// What came of a run.
struct Run {
    code: i32,
    shown: String,
    complaint: String,
}

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let binary = env!("CARGO_BIN_EXE_local");
        let output: Output = Command::new(binary).args(arguments).current_dir(self.path()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            shown: String::from_utf8(output.stdout).unwrap(),
            complaint: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The mails that lie in a data folder.
    fn mails(&self, data: &str) -> Vec<PathBuf> {
        let folder = self.path().join(data).join("mailbox");
        let mut mails: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        mails.sort();
        mails
    }

    /// All files below a folder.
    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let (mut folders, mut files) = (vec![self.path().join(folder)], Vec::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }
}

impl Run {
    /// All that was shown, without the breaks that keep lines short.
    fn text(&self) -> String {
        self.shown.split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
    }

    fn ending(&self) -> &str {
        let sentences =
            ["delivered.", "talked.", "busy tone.", "no message.", "no voicemail.", "failed too often."];
        let is_ending = |line: &&str| sentences.iter().any(|sentence| line.contains(sentence));
        let line = self.shown.lines().rev().find(is_ending).unwrap_or_default();
        line.split_once(" The whole took").map_or(line, |(ending, _)| ending)
    }
}

fn call(arguments: &[&str]) -> Run {
    Place::new().run(&[&["call"], arguments].concat())
}

/// The first line of what a wrong command line is answered with, and the exit status.
fn complaint(arguments: &[&str]) -> (i32, String) {
    let run = call(arguments);
    assert_eq!(run.shown, "", "nothing is begun");
    (run.code, run.complaint.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn the_demonstration_delivers_a_voicemail_within_seconds() {
    let place = Place::new();
    let started = Instant::now();
    let run = place.run(&[]);
    assert_eq!((run.code, run.complaint.as_str()), (0, ""));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(run.ending(), "The voicemail is delivered.");

    let mails = place.mails("aftertone-data/demo");
    assert_eq!(mails.len(), 1);
    let raw = fs::read(&mails[0]).unwrap();
    let mail = MessageParser::new().parse(&raw).unwrap();
    assert_eq!(mail.subject(), Some("Voicemail from (312) 555-0142"));
    assert!(mail.body_text(0).unwrap().contains(WORDS));
    let sound = mail.attachment(0).unwrap();
    assert!(sound.contents().starts_with(b"RIFF"));
    assert!(sound.attachment_name().unwrap().starts_with("voicemail-"));
    assert!(sound.is_content_type("audio", "wav") || sound.is_content_type("audio", "x-wav"));
}

#[test]
fn the_demonstration_shows_the_mails_of_its_own_call_only() {
    let place = Place::new();
    place.run(&[]);
    let second = place.run(&[]);
    assert_eq!(place.mails("aftertone-data/demo").len(), 2);
    assert_eq!(second.shown.matches("\nThe mail\n").count(), 1);
    assert!(second.shown.contains("mailbox/0002-"));
}

#[test]
fn what_is_shown_in_a_pipe_is_plain_and_narrow() {
    let shown = Place::new().run(&[]).shown;
    assert!(!shown.contains('\u{1b}'), "escape codes");
    for line in shown.lines() {
        let breakable = line.trim_start().contains(' ') && !line.contains("statusCallbackEvent");
        assert!(line.chars().count() <= 100 || !breakable, "{line}");
        assert_eq!(line, line.trim_end());
    }
    for code in ["NotReached", "Words(", "Sent {", "Ready {", "Unsent", "Some(", "None", "#ct="] {
        assert!(!shown.contains(code), "{code}");
    }
}

#[test]
fn what_happens_is_shown_in_order_of_time() {
    let shown = Place::new().run(&[]).shown;
    let is_time = |text: &&str| text.len() == 5 && text.as_bytes()[2] == b':';
    let times: Vec<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(is_time)).collect();
    assert!(times.len() > 15, "{times:?}");
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!((times[0], times[times.len() - 1]), ("00:00", "01:04"));
}

#[test]
fn every_way_of_the_owners_telephone_ends_as_it_should() {
    let ways = [
        ("no-answer", "forwarded leg no answer", "The voicemail is delivered."),
        ("busy", "forwarded leg busy", "The voicemail is delivered."),
        ("unreachable", "forwarded leg not reachable", "The voicemail is delivered."),
        ("declines", "owner declines", "The voicemail is delivered."),
        ("answers", "forwarded leg conversation of 60 s", "The two have talked."),
    ];
    for (way, shown, ending) in ways {
        let run = call(&["--callee", way]);
        assert_eq!((run.code, run.ending()), (0, ending), "{way}");
        assert!(run.text().contains(shown), "{way}: {}", run.shown);
    }
}

#[test]
fn every_way_of_the_caller_ends_as_it_should() {
    let ways: [(&[&str], &str); 4] = [
        (&["--hangs-up", "ringing"], "The caller left no message."),
        (&["--hangs-up", "greeting"], "The caller left no message."),
        (&["--hangs-up", "message"], "The voicemail is delivered."),
        (&["--from", "anonymous"], "The voicemail is delivered."),
    ];
    for (way, ending) in ways {
        let run = call(way);
        assert_eq!((run.code, run.ending()), (0, ending), "{way:?}");
    }
}

#[test]
fn what_callers_get_instead_is_said_with_its_reason() {
    let ways = [
        (
            "--forwarding-off",
            "voicemail",
            "voicemail: forwarding is switched off",
            "The voicemail is delivered.",
        ),
        (
            "--forwarding-off",
            "message",
            "a sentence: forwarding is switched off",
            "The caller left no message.",
        ),
        ("--plan-used-up", "reject", "a busy tone: the plan has no call left", "The caller got a busy tone."),
    ];
    for (option, instead, decision, ending) in ways {
        let run = call(&[option, instead]);
        assert_eq!((run.code, run.ending()), (0, ending), "{option} {instead}");
        assert!(run.text().contains(decision), "{}", run.shown);
    }
}

#[test]
fn words_that_come_late_come_in_a_second_mail() {
    let place = Place::new();
    let run = place.run(&["call", "--transcription-outcome", "late", "--data", "here"]);
    assert_eq!((run.code, run.ending()), (0, "The voicemail is delivered."));
    assert!(run.text().contains("without words second mail sent at"), "{}", run.shown);
    assert_eq!(place.mails("here").len(), 2);
}

#[test]
fn a_sound_of_ones_own_is_mailed_with_its_words() {
    let place = Place::new();
    fs::write(place.path().join("boat.wav"), exchange::Speech::tone(Duration::from_secs(4), "").to_wav())
        .unwrap();
    let run = place.run(&["call", "--say", "boat.wav", "--words", "It is about the boat."]);
    assert_eq!((run.code, run.ending()), (0, "The voicemail is delivered."));
    assert!(run.text().contains("What was said: It is about the boat."), "{}", run.shown);
}

#[test]
fn a_file_that_is_no_sound_is_named() {
    let place = Place::new();
    fs::write(place.path().join("notes.wav"), "notes").unwrap();
    let missing = place.run(&["call", "--say", "missing.wav"]);
    assert_eq!(missing.code, 1);
    assert!(
        missing.complaint.starts_with("error: missing.wav: not a readable WAV file: "),
        "{}",
        missing.complaint
    );
    let nonsense = place.run(&["call", "--say", "notes.wav"]);
    assert_eq!(nonsense.code, 1);
    assert!(
        nonsense.complaint.starts_with("error: notes.wav: not a readable WAV file: "),
        "{}",
        nonsense.complaint
    );
}

#[test]
fn a_wrong_value_is_answered_with_what_would_be_right() {
    let sentences: [(&[&str], &str); 9] = [
        (
            &["--to", "123"],
            "error: invalid value '123' for '--to <NUMBER>': not a phone number in E.164: write + and the \
             country code, then the number, digits only, like +14155550100",
        ),
        (
            &["--from", "hello"],
            "error: invalid value 'hello' for '--from <CALLER>': write a number like +13125550142, or anonymous, \
             unknown, client:NAME or sip:ADDRESS",
        ),
        (
            &["--time-zone", "Mars/Base"],
            "error: invalid value 'Mars/Base' for '--time-zone <ZONE>': there is no such time zone: name one like \
             Europe/Berlin",
        ),
        (
            &["--email", "nobody"],
            "error: invalid value 'nobody' for '--email <ADDRESS>': not an e-mail address: write it like \
             name@example.com",
        ),
        (
            &["--ring", "3"],
            "error: invalid value '3' for '--ring <SECONDS>': a ring time must be 5 to 600 seconds, not 3",
        ),
        (
            &["--ring", "long"],
            "error: invalid value 'long' for '--ring <SECONDS>': write whole seconds, like 20",
        ),
        (
            &["--max-length", "1"],
            "error: invalid value '1' for '--max-length <SECONDS>': a message's longest time must be 2 to 14400 \
             seconds, not 1",
        ),
        (
            &["--language", "xx"],
            "error: invalid value 'xx' for '--language <LANGUAGE>': no prompts for the language \"xx\": choose en, \
             zh-CN, es, fr, de, ja or pt-BR",
        ),
        (&["--nonsense"], "error: unexpected argument '--nonsense' found"),
    ];
    for (arguments, sentence) in sentences {
        assert_eq!(complaint(arguments), (2, sentence.to_owned()), "{arguments:?}");
    }
}

#[test]
fn eleven_telephones_are_too_many() {
    let owners: Vec<String> = (10..21).map(|n| format!("--owner=+121255501{n}")).collect();
    let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
    let sentence = "error: a number can ring at most 10 telephones, not 11";
    assert_eq!(complaint(&owners), (2, sentence.to_owned()));
    assert_eq!(call(&owners[..10]).code, 0);
}

#[test]
fn calls_at_once_over_one_folder_overwrite_no_mail() {
    let place = Place::new();
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
            command.arg("call").current_dir(place.path()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap()
        })
        .collect();
    for mut call in calls {
        assert!(call.wait().unwrap().success());
    }
    let mails = place.mails("aftertone-data/calls");
    let numbers: Vec<_> = mails.iter().map(|it| &it.file_name().unwrap().to_str().unwrap()[..4]).collect();
    assert_eq!(numbers, ["0001", "0002", "0003"]);
    // Each has a sound of its own: none was stored over another's.
    assert_eq!(place.files("aftertone-data/calls/bucket/aftertone-audio").len(), 3);
}

#[test]
fn what_cant_be_written_is_said_and_ends_in_failure() {
    let place = Place::new();
    // A file where a folder has to be stands for a disk that takes no more.
    fs::create_dir_all(place.path().join("here/bucket/aftertone-audio")).unwrap();
    fs::write(place.path().join("here/bucket/aftertone-audio/voicemails"), "").unwrap();
    let run = place.run(&["call", "--data", "here"]);
    assert_eq!(run.code, 1, "{}", run.shown);
    let told = "S3 could not do what it was asked for: is there room on the disk, and may here be written?";
    assert!(run.text().contains(told), "{}", run.shown);

    fs::write(place.path().join("there"), "").unwrap();
    let run = place.run(&["call", "--data", "there"]);
    assert_eq!(run.code, 1);
    assert!(run.complaint.starts_with("error: the folder there can't be used: "), "{}", run.complaint);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cant_be_shown_ends_in_failure() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    let output =
        command.current_dir(Place::new().path()).stdout(full).stderr(Stdio::piped()).output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.starts_with("error: not everything could be shown: No space left"), "{complaint}");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let others = ["--port=0", "--s3-port=0", "--mail-port=0", "--twilio-port=0"];
    let run = Place::new().run(&[&["serve", "--dynamodb-port", &port], &others[..]].concat());
    assert_eq!(run.code, 1);
    let sentence = format!(
        "error: the database can't be started on port {port}; if something else uses it, choose another"
    );
    assert!(run.complaint.starts_with(&sentence), "{}", run.complaint);
}
