//! Whether mail arrives.

use crate::doctor::check::{Check, unreadable};
use crate::doctor::facts::{MailFacts, OwnerFacts, SesAccount};

/// How much of the daily quota may be used before somebody should know.
const QUOTA_NEARLY_USED: f64 = 0.8;

pub(super) fn judge(mail: &MailFacts) -> Vec<Check> {
    let mut checks = vec![sender(mail)];
    match &mail.account {
        Err(why) => checks.push(unreadable("mail", "what SES allows", why, "ses:GetAccount")),
        Ok(account) => checks.extend(judge_account(account)),
    }
    match &mail.configuration_set {
        None | Some((_, Ok(true))) => {}
        Some((name, Ok(false))) => checks.push(Check::bad(
            "mail",
            format!("SES has no configuration set {name}, and refuses mail that names it"),
            "deploy again with `sam deploy`",
        )),
        Some((name, Err(why))) => {
            let what = format!("the configuration set {name}");
            checks.push(unreadable("mail", &what, why, "ses:GetConfigurationSet"));
        }
    }
    checks.extend(mail.owners.iter().flat_map(owner));
    checks
}

fn judge_account(account: &SesAccount) -> Vec<Check> {
    let mut checks = Vec::new();
    if !account.sending || account.enforcement == "SHUTDOWN" {
        checks.push(Check::bad(
            "mail",
            "SES has switched sending off for this account",
            "see the reason in the SES console under Reputation, and answer it there",
        ));
    } else if account.enforcement == "PROBATION" {
        checks.push(Check::warning(
            "mail",
            "SES has this account under review",
            "see the reason in the SES console under Reputation",
        ));
    }
    if !account.production {
        checks.push(Check::warning(
            "mail",
            "SES is in the sandbox: mail goes to verified addresses only",
            "ask for production access in the SES console: Account dashboard",
        ));
    }
    let (sent, most) = (account.sent, account.in_24_hours);
    if most > 0.0 && sent >= most {
        checks.push(Check::bad(
            "mail",
            format!("the day's quota of {most} mails is used up"),
            "ask for more in the SES console; what waits goes out by itself as the quota allows",
        ));
    } else if most > 0.0 && sent >= most * QUOTA_NEARLY_USED {
        checks.push(Check::warning(
            "mail",
            format!("{sent} of the day's {most} mails are sent"),
            "ask for a higher quota in the SES console",
        ));
    } else {
        checks.push(Check::good("mail", format!("{sent} of the day's {most} mails are sent")));
    }
    checks
}

fn owner(owner: &OwnerFacts) -> Vec<Check> {
    let email = &owner.email;
    let mut checks = Vec::new();
    match &owner.suppressed {
        Ok(None) => {}
        Ok(Some(reason)) => checks.push(Check::bad(
            "mail",
            format!("SES sends nothing to {email} any more ({reason})"),
            format!(
                "once the mailbox works: `aws sesv2 delete-suppressed-destination --email-address {email}`, or give \
                 the owner another address with `aftertone number edit`"
            ),
        )),
        Err(why) => {
            let what = format!("whether SES sends to {email}");
            checks.push(unreadable("mail", &what, why, "ses:GetSuppressedDestination"));
        }
    }
    match &owner.verified {
        None | Some(Ok(true)) => {}
        Some(Ok(false)) => checks.push(Check::bad(
            "mail",
            format!("{email} is not verified, so in the sandbox no mail goes there"),
            format!(
                "`aws sesv2 create-email-identity --email-identity {email}`, and follow the link in the mail; or \
                 ask for production access"
            ),
        )),
        Some(Err(why)) => {
            checks.push(unreadable("mail", &format!("whether {email} is verified"), why, "ses:GetEmailIdentity"));
        }
    }
    checks
}

fn sender(mail: &MailFacts) -> Check {
    let from = &mail.from;
    if from.is_empty() {
        return Check::bad(
            "mail",
            "the stack does not say from which address it mails",
            "deploy this version with `sam deploy`",
        );
    }
    match &mail.identity {
        Err(why) => unreadable("mail", &format!("whether {from} may send"), why, "ses:GetEmailIdentity"),
        Ok(None) => Check::bad(
            "mail",
            format!("SES knows neither {from} nor its domain, and refuses to send"),
            format!(
                "`aws sesv2 create-email-identity --email-identity {from}`, or the domain's name instead"
            ),
        ),
        Ok(Some(identity)) if !identity.verified => Check::bad(
            "mail",
            format!("{} is not verified at SES, which refuses to send", identity.name),
            "follow the link in the mail that SES has sent, or put the domain's DKIM records in its DNS",
        ),
        // An address that is verified by itself has no DKIM of its own.
        Ok(Some(identity)) if !identity.name.contains('@') && identity.dkim != "SUCCESS" => Check::warning(
            "mail",
            format!("DKIM of {} is {}: mail may land in junk folders", identity.name, identity.dkim),
            "put the three CNAME records of the SES console into the domain's DNS",
        ),
        Ok(Some(identity)) => Check::good("mail", format!("{from} may send ({} is verified)", identity.name)),
    }
}
