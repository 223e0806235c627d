use domain::{
    Destination, Engine, Engines, LanguageCode, RecordingReport, Reported, SpokenLanguages, Transcript,
    TranscriptReport, TranscriptText, TranscriptionFailure, TranscriptionJob, Voicemail,
};
use store::Written;

use crate::place::{Ledger, account_sid, at, call_sid, mailbox, parties, recording_sid};

async fn begin(ledger: &Ledger) {
    let report = RecordingReport {
        left_for: None,
        conversation: None,
        recording_sid: recording_sid(1),
        call_sid: call_sid(1),
        account_sid: account_sid(),
        reported: Reported::Ready { duration_seconds: 5 },
        at: at(0),
    };
    ledger.store.voicemail_reported(&report).await.unwrap();
}

async fn tell(ledger: &Ledger, transcript: Transcript) -> Written {
    let report = TranscriptReport {
        recording_sid: recording_sid(1),
        call_sid: call_sid(1),
        account_sid: account_sid(),
        transcript,
        at: at(5),
    };
    ledger.store.transcript(&report).await.unwrap()
}

async fn row(ledger: &Ledger) -> Voicemail {
    ledger.store.voicemail(&recording_sid(1)).await.unwrap()
}

fn spoken() -> SpokenLanguages {
    SpokenLanguages::of(["de-DE", "en-US"].map(|code| LanguageCode::parse(code).unwrap())).unwrap()
}

#[tokio::test]
async fn a_transcript_is_read_as_it_was_written() {
    let heard = TranscriptText {
        words: "guten Tag".to_owned(),
        language: LanguageCode::parse("de-DE").ok(),
        confidence_percent: Some(97),
    };
    let transcripts = [
        Ok(heard),
        Err(TranscriptionFailure::Failed),
        Err(TranscriptionFailure::UnsupportedLanguage),
        Err(TranscriptionFailure::NoTime),
        Err(TranscriptionFailure::Refused),
    ]
    .map(|result| Transcript { engine: Engine::Amazon, result });
    for transcript in transcripts {
        let ledger = Ledger::new().await;
        begin(&ledger).await;
        assert_eq!(tell(&ledger, transcript.clone()).await, Written::Applied);
        assert_eq!(row(&ledger).await.transcript, Some(transcript.clone()));
        assert_eq!(tell(&ledger, transcript).await, Written::AlreadyApplied);
    }
}

#[tokio::test]
async fn words_take_the_place_of_a_failure_and_nothing_takes_theirs() {
    let by = |engine| Transcript::words(engine, "hello");
    for (first, second) in [(Engine::Twilio, Engine::Amazon), (Engine::Amazon, Engine::Twilio)] {
        let ledger = Ledger::new().await;
        begin(&ledger).await;
        assert_eq!(tell(&ledger, Transcript::failed(first)).await, Written::Applied);
        assert_eq!(tell(&ledger, by(first)).await, Written::AlreadyApplied, "an engine reports once");
        assert_eq!(tell(&ledger, by(second)).await, Written::Applied);
        for late in [by(first), by(second), Transcript::failed(first), Transcript::failed(second)] {
            assert_eq!(tell(&ledger, late).await, Written::AlreadyApplied);
        }
        assert_eq!(row(&ledger).await.transcript, Some(by(second)));
    }
}

#[tokio::test]
async fn a_job_begins_once_however_often_it_was_refused() {
    let ledger = Ledger::new().await;
    begin(&ledger).await;
    let (store, sid) = (&ledger.store, recording_sid(1));
    assert_eq!(row(&ledger).await.job, None);
    for (attempts, seconds) in [(1, 60), (2, 120)] {
        assert_eq!(store.job_refused(&sid, "busy", at(seconds)).await.unwrap(), Written::Applied);
        let last_error = "busy".to_owned();
        let refused = TranscriptionJob::Refused { attempts, last_error, next_attempt_at: at(seconds) };
        assert_eq!(row(&ledger).await.job, Some(refused));
    }
    assert_eq!(store.job_started(&sid, at(130)).await.unwrap(), Written::Applied);
    assert_eq!(store.job_started(&sid, at(140)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(store.job_refused(&sid, "busy", at(150)).await.unwrap(), Written::AlreadyApplied);
    assert_eq!(row(&ledger).await.job, Some(TranscriptionJob::Started { at: at(130), is_running: false }));
    // A row that nobody told of has no job.
    assert_eq!(store.job_started(&recording_sid(2), at(1)).await.unwrap(), Written::NotApplicable);
}

#[tokio::test]
async fn every_choice_of_engines_is_kept() {
    for engines in [Engines::Off, Engines::Twilio, Engines::Amazon(spoken()), Engines::Both(spoken())] {
        let ledger = Ledger::new().await;
        begin(&ledger).await;
        let destination =
            Destination { parties: parties(), engines, purge_at_twilio: false, not_mailed: None };
        ledger.store.identified(&recording_sid(1), &destination, &mailbox()).await.unwrap();
        assert_eq!(row(&ledger).await.destination, Some(destination));
    }
}
