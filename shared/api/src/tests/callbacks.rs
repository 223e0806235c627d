use secrecy::{ExposeSecret as _, SecretString};

use super::*;
use crate::{CallbackSecret, CallbackSecretDocument, CallbackSecrets};

fn id(number: u8) -> ApiKeyId {
    ApiKeyId::of([number; 4])
}

fn day() -> SignedDuration {
    SignedDuration::from_hours(24)
}

fn after(duration: SignedDuration) -> Timestamp {
    start() + duration
}

#[test]
fn a_callback_secret_is_whsec_and_base64() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let secret = CallbackSecret::parse(SECRET).unwrap();
    assert_eq!(SecretString::from(secret).expose_secret(), SECRET);
    for text in ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert!(CallbackSecret::parse(text).is_none(), "{text}");
    }
}

#[test]
fn a_renewed_secret_signs_beside_the_old_one_for_a_while() {
    let mut document = CallbackSecretDocument::default();
    let first = document.renew(&id(1), [1; 32], day(), start());
    assert!(first.expose_secret().starts_with("whsec_"));
    let second = document.renew(&id(1), [2; 32], day(), start());
    document.renew(&id(2), [3; 32], day(), start());
    let read = CallbackSecretDocument::parse(document.to_json().expose_secret()).unwrap();
    let secrets = |document: &CallbackSecretDocument, at| {
        let secrets = document.secrets(&id(1), at);
        secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect::<Vec<_>>()
    };
    let (first, second) = (first.expose_secret().to_owned(), second.expose_secret().to_owned());
    assert_eq!(secrets(&read, start()), [second.clone(), first]);
    assert_eq!(secrets(&read, after(day())), std::slice::from_ref(&second));
    let mut at_once = read.clone();
    let third = at_once.renew(&id(1), [4; 32], SignedDuration::ZERO, start()).expose_secret().to_owned();
    assert_eq!(secrets(&at_once, start()), [third]);
    let mut removed = read;
    assert!(removed.remove(&id(1)) && !removed.remove(&id(1)));
    assert!(secrets(&removed, start()).is_empty());
    assert!(!removed.to_json().expose_secret().contains(&second));
}

#[test]
fn a_document_that_cant_be_read_is_refused_without_repeating_it() {
    let error = CallbackSecretDocument::parse(r#"{"keys":{"01010101":"hush"}}"#).unwrap_err();
    assert!(error.to_string().contains("line 1") && !error.to_string().contains("hush"), "{error}");
    assert!(CallbackSecretDocument::parse(" ").unwrap().secrets(&id(1), start()).is_empty());
    let mut document = CallbackSecretDocument::default();
    let secret = document.renew(&id(1), [1; 32], day(), start());
    assert_eq!(format!("{document:?}"), r#"["01010101"]"#);
    let parsed = CallbackSecret::parse(secret.expose_secret());
    assert_eq!(format!("{parsed:?}"), "Some(CallbackSecret(****))");
}

/// Secrets Manager, as it is at the moment, and how often it was asked.
#[derive(Clone, Default)]
struct Source {
    document: Arc<Mutex<Option<CallbackSecretDocument>>>,
    reads: Arc<AtomicU32>,
}

impl Source {
    fn secrets(&self) -> CallbackSecrets {
        let source = self.clone();
        CallbackSecrets::new(move || {
            source.reads.fetch_add(1, Ordering::Relaxed);
            let document = source.document.lock().unwrap().clone();
            std::future::ready(document.ok_or_else(|| "it is gone".into()))
        })
    }

    fn reads(&self) -> u32 {
        self.reads.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn callback_secrets_are_read_every_five_minutes() {
    let source = Source::default();
    let mut document = CallbackSecretDocument::default();
    document.renew(&id(1), [1; 32], day(), start());
    *source.document.lock().unwrap() = Some(document.clone());
    let secrets = source.secrets();
    let of = async |key: u8, seconds| {
        let of = secrets.of(&id(key), after(SignedDuration::from_secs(seconds))).await;
        of.map_err(|error| error.to_string()).map(|secrets| secrets.len())
    };
    assert_eq!((of(1, 0).await, of(1, 299).await, source.reads()), (Ok(1), Ok(1), 1));
    document.renew(&id(1), [2; 32], day(), start());
    *source.document.lock().unwrap() = Some(document);
    assert_eq!((of(1, 300).await, source.reads()), (Ok(2), 2));
    // Of a key that nobody knows it is asked again, but seldom.
    assert_eq!((of(2, 301).await, source.reads()), (Ok(0), 2));
    assert_eq!((of(2, 330).await, of(2, 331).await, source.reads()), (Ok(0), Ok(0), 3));
}

#[tokio::test]
async fn known_callback_secrets_sign_through_an_outage() {
    let source = Source::default();
    let secrets = source.secrets();
    let of = async |key: u8, seconds| {
        let of = secrets.of(&id(key), after(SignedDuration::from_secs(seconds))).await;
        of.map_err(drop).map(|secrets| secrets.len())
    };
    assert_eq!((of(1, 0).await, of(1, 29).await, source.reads()), (Err(()), Err(()), 1));
    let mut document = CallbackSecretDocument::default();
    document.renew(&id(1), [1; 32], day(), start());
    *source.document.lock().unwrap() = Some(document);
    assert_eq!((of(1, 30).await, source.reads()), (Ok(1), 2));
    *source.document.lock().unwrap() = None;
    assert_eq!((of(1, 330).await, of(1, 340).await, source.reads()), (Ok(1), Ok(1), 3));
    // Of a key that is not known nothing is taken for granted.
    assert_eq!((of(2, 341).await, source.reads()), (Err(()), 3));
}
