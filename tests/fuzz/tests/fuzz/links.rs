//! The token of a link.

use jiff::Timestamp;
use link::{DeadLink, LinkKey, Opened};
use phone::RecordingSid;
use proptest::prelude::*;

use crate::config;
use crate::text::any_text;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn only_our_own_token_opens_and_only_what_it_is_for(
        sid in any::<u128>(),
        epoch in any::<u32>(),
        now in 0i64..=4_000_000_000,
        life in -1_000i64..1_000,
        made_up in prop_oneof![any_text(), "[A-Za-z0-9_-]{59}", "[A-Za-z0-9_=+/-]{50,70}"],
        place in 0usize..59,
        put_in in prop_oneof!["[A-Za-z0-9_-]", any_text()],
    ) {
        let key = LinkKey::new("0123456789abcdef0123456789abcdef".into()).unwrap();
        let recording_sid = RecordingSid::parse(&format!("RE{sid:032x}")).unwrap();
        let now = Timestamp::from_second(now).unwrap();
        let expires_at = Timestamp::from_second(now.as_second() + life).unwrap();
        let token = key.token(&recording_sid, epoch, expires_at);

        let opened = key.open(&token, now);
        if life > 0 {
            prop_assert_eq!(opened, Ok(Opened { recording_sid, epoch }));
        } else {
            prop_assert_eq!(opened, Err(DeadLink::Expired));
        }
        prop_assert_eq!(key.open(&made_up, now), Err(DeadLink::Forged));
        let altered = format!("{}{put_in}{}", &token[..place], &token[place + 1..]);
        if altered != token {
            prop_assert_eq!(key.open(&altered, now), Err(DeadLink::Forged));
        }
        let another = LinkKey::new("another key with as many characters".into()).unwrap();
        prop_assert_eq!(another.open(&token, now), Err(DeadLink::Forged));
    }
}
