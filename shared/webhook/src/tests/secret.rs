//! When the secret is read.

use std::time::Duration;

use phone::AccountSid;

use super::*;

fn signed_with(token: &'static str) -> Event {
    Request { signed_with: Some(token), ..Request::call() }.event()
}

#[tokio::test(start_paused = true)]
async fn the_secret_is_read_again_after_five_minutes_and_not_before() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let gate = source.gate();
    gate.warm().await;
    for _ in 0..10 {
        assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
        tokio::time::advance(Duration::from_secs(29)).await;
    }
    assert_eq!(source.reads(), 1);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
    assert_eq!(source.reads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rotation_needs_no_restart() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let gate = source.gate();
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
    source.becomes(Some(secret_json(&[NEXT_TOKEN])));
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(knock(&gate, signed_with(NEXT_TOKEN)).await.status_code, 204);
    assert_eq!(source.reads(), 2);
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 403);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_was_added_is_known_without_a_restart() {
    let source = Source::new(Some(secret_json(&[TOKEN]).replace(ACCOUNT, STRANGER)));
    let gate = source.gate();
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 403);
    source.becomes(Some(secret_json(&[TOKEN])));
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_reads_the_secret_once_in_half_a_minute() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let accounts = source.accounts();
    let secret = accounts.get().await.unwrap();
    let login = &secret.account(&AccountSid::parse(ACCOUNT).unwrap()).unwrap().login;
    // A minute of it, 10 a second.
    for _ in 0..600 {
        assert!(!login.read_again().await, "it is the same that Twilio has refused");
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert_eq!(source.reads(), 1 + 2);
    source.becomes(None);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(!login.read_again().await);
    source.becomes(Some(secret_json(&[NEXT_TOKEN])));
    tokio::time::advance(Duration::from_secs(30)).await;
    // Two at once read it once, and both know the new one.
    let other = login.clone();
    assert_eq!(tokio::join!(login.read_again(), other.read_again()), (true, false));
    assert_eq!(source.reads(), 5);
    let other = accounts.get().await.unwrap();
    assert_eq!(other.account(&AccountSid::parse(ACCOUNT).unwrap()).unwrap().auth_tokens.len(), 1);
    assert_eq!(source.reads(), 5, "what was read is what the gate knows");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_forgeries_reads_the_secret_once_in_two_seconds() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let gate = source.gate();
    // 10 s of it, 20 a second.
    for _ in 0..200 {
        assert_eq!(knock(&gate, signed_with("guessed")).await.status_code, 403);
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    assert_eq!(source.reads(), 5);
    // Also while the secret can't be read.
    source.becomes(None);
    tokio::time::advance(Duration::from_secs(2)).await;
    for _ in 0..200 {
        assert_eq!(knock(&gate, signed_with("guessed")).await.status_code, 403);
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    assert_eq!(source.reads(), 10);
}

#[tokio::test(start_paused = true)]
async fn what_never_gets_as_far_as_the_signature_reads_nothing() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let gate = source.gate();
    for request in [
        Request { method: "PUT", ..Request::call() },
        Request { content_type: None, ..Request::call() },
        Request { signed_with: None, ..Request::call() },
    ] {
        knock(&gate, request.event()).await;
    }
    assert_eq!(source.reads(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_cant_be_read_again_is_kept_without_a_wait() {
    let source = Source::new(Some(secret_json(&[TOKEN])));
    let gate = source.gate();
    assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
    for unreadable in [None, Some("{".to_owned())] {
        source.becomes(unreadable);
        tokio::time::advance(Duration::from_hours(1)).await;
        let before = source.reads();
        // A minute of it.
        for _ in 0..60 {
            assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(source.reads() - before, 2);
    }
    source.becomes(Some(secret_json(&[NEXT_TOKEN])));
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(knock(&gate, signed_with(NEXT_TOKEN)).await.status_code, 204);
}

#[tokio::test(start_paused = true)]
async fn without_a_secret_nobody_gets_in_or_is_called_a_forger() {
    for unreadable in [None, Some("{".to_owned()), Some(r#"{"accounts":[]}"#.to_owned())] {
        let source = Source::new(unreadable);
        let gate = source.gate();
        gate.warm().await;
        assert_refused(&knock(&gate, signed_with(TOKEN)).await, 503);
        source.becomes(Some(secret_json(&[TOKEN])));
        assert_eq!(knock(&gate, signed_with(TOKEN)).await.status_code, 204);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_does_not_hold_up_the_start() {
    let gate = Gate::new(Accounts::new(std::future::pending), None);
    let started = tokio::time::Instant::now();
    gate.warm().await;
    assert_eq!(started.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_old_secret_is_read_again_behind_the_answer() {
    let reads = Arc::new(Mutex::new(0));
    let (count, takes) = (reads.clone(), Arc::new(Mutex::new(Duration::ZERO)));
    let takes_now = takes.clone();
    let gate = Gate::new(
        Accounts::new(move || {
            *count.lock().unwrap() += 1;
            let takes = *takes_now.lock().unwrap();
            async move {
                tokio::time::sleep(takes).await;
                Ok(Secret::parse(&secret_json(&[TOKEN]))?)
            }
        }),
        None,
    );
    gate.warm().await;
    // The handler's own time hides a quick one; a slow one is not waited for, and not tried at once.
    for (secret_takes, handler_takes, answered_after, read) in [
        (40, 50, 50, 1),
        (40, 10, 40, 1),
        (10_000, 10, 260, 1),
        (10_000, 400, 400, 0),
        (10_000, 60_000, 4_500, 1),
    ] {
        if read > 0 {
            tokio::time::advance(Duration::from_mins(6)).await;
        }
        *takes.lock().unwrap() = Duration::from_millis(secret_takes);
        let (started, before) = (tokio::time::Instant::now(), *reads.lock().unwrap());
        let endpoint = Endpoint::<VoiceCall>::reporting();
        let response = serve(&gate, &endpoint, signed_with(TOKEN), |_| async move {
            tokio::time::sleep(Duration::from_millis(handler_takes)).await;
            Ok(thanks())
        })
        .await;
        assert_eq!(response.status_code, if handler_takes < 4_500 { 204 } else { 500 });
        assert_eq!(
            started.elapsed(),
            Duration::from_millis(answered_after),
            "{secret_takes} {handler_takes}"
        );
        assert_eq!(*reads.lock().unwrap() - before, read);
    }
}
