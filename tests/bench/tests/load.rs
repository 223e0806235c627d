//! Two hundred voicemails at once. More of them, and one of an hour: the binary `load`.

use bench::load::{Load, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_voicemails_are_delivered_once_each_within_the_limits() {
    let load = Load {
        voicemails: 200,
        mails_per_second: 60,
        workers: 6,
        transcribe_concurrency: 8,
        one_for_amazon_of: 10,
    };
    let stage = Stage::start().await.unwrap();
    let hands = (0..load.workers).map(|_| stage.worker(&load).unwrap()).collect();
    let delivered = stage.deliver(&load, hands).await.unwrap();
    assert_eq!((delivered.mails, delivered.doubled, delivered.dead_letters), (200, 0, 0), "{delivered:?}");
    assert!(delivered.most_mails_in_a_second <= 60, "{delivered:?}");
    assert!((1..=8).contains(&delivered.most_jobs_at_once), "{delivered:?}");
    assert_eq!(delivered.jobs, 20, "{delivered:?}");
}
