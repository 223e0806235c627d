//! Whether SES tells anything of the mails that it has taken: who listens to it may be gone, and
//! nothing fails then.

use domain::{Mail, MailReports, Voicemail};
use jiff::{SignedDuration, Timestamp};

/// For how long nothing need be heard of a mail. SES tells of most within seconds, and of a server
/// that puts it off as well.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// What was heard of the mails of a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// When the last one was sent of which something was heard.
    heard: Option<Timestamp>,
    /// And the last one of which nothing was for too long.
    unheard: Option<Timestamp>,
}

impl Silence {
    /// Takes a voicemail's mail into account, if it is sent.
    pub fn of(&mut self, voicemail: &Voicemail, now: Timestamp) {
        let Mail::Sent { at, .. } = voicemail.mail else { return };
        let reports = [&voicemail.first_address, &voicemail.second_address];
        self.mail(at, &reports, now);
    }

    /// Takes a mail into account that was sent then, with what SES told of it.
    pub fn mail(&mut self, sent_at: Timestamp, reports: &[&MailReports], now: Timestamp) {
        if reports.iter().any(|reports| **reports != MailReports::default()) {
            self.heard = self.heard.max(Some(sent_at));
        } else if now.duration_since(sent_at) > PATIENCE {
            self.unheard = self.unheard.max(Some(sent_at));
        }
    }

    /// When the last mail was sent, if nothing was heard of it for long and of none that came later.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.unheard.filter(|unheard| self.heard.is_none_or(|heard| heard < *unheard))
    }
}

#[cfg(test)]
mod tests {
    use domain::fixtures::{archived, sent};

    use super::*;

    #[test]
    fn ses_is_silent_an_hour_after_the_last_mail() {
        let minute = |minute: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        let heard = MailReports { delivered_at: Some(minute(0)), ..MailReports::default() };
        let unheard = MailReports::default();
        let now = minute(600);
        for (mails, silent_since) in [
            (vec![], None),
            (vec![(500, &heard)], None),
            // It may still come.
            (vec![(541, &unheard)], None),
            (vec![(540, &unheard)], None),
            (vec![(539, &unheard)], Some(539)),
            (vec![(500, &unheard), (539, &unheard), (541, &unheard)], Some(539)),
            (vec![(500, &heard), (539, &unheard)], Some(539)),
            // One mail of which nothing is heard, among others, is no silence.
            (vec![(500, &unheard), (520, &heard)], None),
            (vec![(500, &unheard), (590, &heard)], None),
            (vec![(500, &unheard), (500, &heard)], None),
        ] {
            for reversed in [false, true] {
                let mut mails = mails.clone();
                if reversed {
                    mails.reverse();
                }
                let mut silence = Silence::default();
                for (sent_at, reports) in &mails {
                    silence.mail(minute(*sent_at), &[*reports, &unheard], now);
                }
                assert_eq!(silence.silent_since(), silent_since.map(minute), "{mails:?}");
            }
        }
    }

    #[test]
    fn a_voicemail_counts_by_its_mail_once_it_is_sent() {
        let Mail::Sent { at, .. } = sent(true) else { unreachable!("it is sent") };
        let later = at + PATIENCE + SignedDuration::from_secs(1);
        let heard = MailReports { delivered_at: Some(at), ..MailReports::default() };
        for (row, silent_since) in [
            (Voicemail { mail: Mail::Unsent, ..archived() }, None),
            (Voicemail { mail: sent(true), ..archived() }, Some(at)),
            (Voicemail { mail: sent(true), second_address: heard.clone(), ..archived() }, None),
            (Voicemail { mail: sent(true), first_address: heard, ..archived() }, None),
        ] {
            let mut silence = Silence::default();
            silence.of(&row, later);
            assert_eq!(silence.silent_since(), silent_since, "{row:?}");
        }
    }
}
