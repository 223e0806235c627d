//! Fetches the facts. What can't be fetched is a fact as well.

use std::collections::BTreeMap;

use aws_sdk_sesv2::operation::get_configuration_set::GetConfigurationSetError;
use aws_sdk_sesv2::operation::get_email_identity::GetEmailIdentityError;
use aws_sdk_sesv2::operation::get_suppressed_destination::GetSuppressedDestinationError;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_types::SdkConfig;
use domain::{NumberSettings, Owner};
use jiff::Timestamp;
use phone::PhoneNumber;
use secrecy::ExposeSecret as _;
use signature::AuthToken;
use tokio::net::TcpStream;
use twilio::{Login, RestError, Secret, SecretDocument};

use super::facts::{
    AccountFacts, AtTwilio, Depth, Executions, Fact, Facts, FileFacts, Identity, LoginFact, MailFacts,
    NumberFacts, OwnerFacts, SesAccount, StackFacts, TableState,
};
use super::probe;
use crate::arguments::Which;
use crate::deployment::{self, Deployment};
use crate::failures::{chain, sdk_error};
use crate::lookup::open::open;
use crate::reading::country_of;
use crate::wire::Wanted;

mod callbacks;
mod rows;

pub(crate) use callbacks::reach;

/// A token that nobody has.
const FORGED: &str = "aftertone-doctor-forged-token";

/// Whom the fallback URL is to tell apart: who calls, who has left a message, and who has talked to the
/// owner.
const FALLBACK_FORMS: [&str; 3] = [
    "CallStatus=ringing&Direction=inbound&ErrorCode=11200",
    "CallStatus=in-progress&RecordingDuration=5&RecordingSid=RE00000000000000000000000000000000&Digits=%23&ErrorCode=11200",
    "CallStatus=in-progress&DialCallStatus=completed&DialBridged=true&DialCallDuration=61&ErrorCode=11200",
];

/// Finds out everything.
pub(crate) async fn examine(which: &Which) -> Facts {
    if let Some(folder) = &which.local {
        let (runs, stack) = match Deployment::local(folder) {
            Ok(deployment) if !answers(&deployment).await => {
                (false, Err("start it with `cargo run -- serve`".to_owned()))
            }
            Ok(deployment) => (true, Ok(Box::new(stack(&deployment).await))),
            Err(error) => (true, Err(format!("{error:#}"))),
        };
        let system = format!("the local system in {}", folder.display());
        return Facts { now: Timestamp::now(), system, identity: None, stack, runs };
    }
    let aws = deployment::aws_config(which).await;
    let identity = identity(&aws).await;
    let found = match deployment::stack_outputs(&aws, &which.stack).await {
        Ok(outputs) => Deployment::on_aws(aws, outputs),
        Err(error) => Err(error),
    };
    let stack = match found {
        Ok(deployment) => Ok(Box::new(stack(&deployment).await)),
        Err(error) => Err(format!("{error:#}")),
    };
    let system = format!("the stack {}", which.stack);
    Facts { now: Timestamp::now(), system, identity: Some(identity), stack, runs: true }
}

/// Whether any part of a local system takes connections.
async fn answers(deployment: &Deployment) -> bool {
    for url in [deployment.outputs.get("ApiUrl"), deployment.aws.endpoint_url()].into_iter().flatten() {
        let address = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default();
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
    }
    false
}

async fn identity(aws: &SdkConfig) -> Fact<String> {
    let answer = aws_sdk_sts::Client::new(aws).get_caller_identity().send().await;
    answer.map(|known| known.arn.unwrap_or_default()).map_err(|error| sdk_error(&error))
}

async fn stack(deployment: &Deployment) -> StackFacts {
    let numbers = deployment.store.numbers().await.map_err(|error| chain(&error));
    let settings = numbers.as_ref().map(|all| all.rows.as_slice()).unwrap_or_default();
    let secret = secret(deployment).await;
    let (mut clocks, mut forged) = (None, Err("the Twilio secret is not known".to_owned()));
    let accounts = match &secret {
        Err(why) => Err(why.clone()),
        Ok((secret, document)) => {
            let mut accounts = Vec::new();
            for sid in document.accounts() {
                let Some(account) = secret.account(&sid) else { continue };
                let mut signed = Vec::new();
                for token in &account.auth_tokens {
                    signed.push(signature(deployment, &sid, token, &mut clocks).await);
                }
                if forged.is_err() {
                    forged = signature(deployment, &sid, &AuthToken::from(FORGED), &mut clocks).await;
                }
                let mut logins = Vec::new();
                for login in document.logins(&sid) {
                    logins.push(match deployment.rest.account(&sid, &login).await {
                        Ok(account) => LoginFact::Accepted { status: account.status, kind: account.kind },
                        Err(RestError::Refused(_) | RestError::NotFound(_)) => LoginFact::Refused,
                        Err(error) => LoginFact::Unknown(chain(&error)),
                    });
                }
                let has_api_key = document.api_key(&sid).is_some();
                accounts.push(AccountFacts { sid, has_api_key, logins, signed });
            }
            Ok(accounts)
        }
    };
    let known = secret.as_ref().ok().map(|(secret, _)| secret);
    let unreadable_accounts =
        known.iter().flat_map(|secret| secret.unreadable()).map(ToString::to_string).collect();
    let mut reconciled = Vec::new();
    for account in accounts.iter().flatten() {
        let marks = deployment.store.marks(&account.sid).await;
        reconciled
            .push((account.sid.clone(), marks.map(|marks| marks.compared_at).map_err(|error| chain(&error))));
    }
    let mut number_facts = Vec::new();
    for number in settings {
        number_facts.push(number_fact(deployment, known, number, settings).await);
    }
    let (open, unreadable) = rows::open(deployment).await;
    let (mail_fates, mails_unheard) = rows::mails(deployment).await;
    let is_aws = deployment.local.is_none();
    StackFacts {
        outputs: deployment.outputs.clone(),
        tables: tables(deployment).await,
        bucket: bucket(deployment).await,
        accounts,
        unreadable_accounts,
        forged,
        fallback: fallback(deployment).await,
        clocks,
        wanted: Wanted::of(&deployment.outputs).map_err(|error| format!("{error:#}")),
        unreadable_settings: numbers.iter().flat_map(|all| &all.unreadable).map(rows::told).collect(),
        numbers: numbers.as_ref().map(|_| number_facts).map_err(String::clone),
        mail: if is_aws { Some(mail(deployment, settings).await) } else { None },
        queues: if is_aws {
            Some((depth(deployment, "DeliverQueueUrl").await, depth(deployment, "DeadLetterQueueUrl").await))
        } else {
            None
        },
        executions: if is_aws { Some(executions(deployment).await) } else { None },
        open,
        unreadable,
        mail_fates,
        mailboxes: deployment.store.mailboxes().await.map(|all| all.rows).map_err(|error| chain(&error)),
        mails_unheard,
        callbacks: callbacks::examine(deployment).await,
        reconciled,
    }
}

async fn secret(deployment: &Deployment) -> Fact<(Secret, SecretDocument)> {
    let told = |error: anyhow::Error| format!("{error:#}");
    let text = deployment.secret().map_err(told)?.read().await.map_err(told)?;
    let secret = Secret::parse(text.expose_secret()).map_err(|error| error.to_string())?;
    let document = SecretDocument::parse(text.expose_secret()).map_err(|error| error.to_string())?;
    Ok((secret, document))
}

async fn signature(
    deployment: &Deployment,
    account: &phone::AccountSid,
    token: &AuthToken,
    clocks: &mut Option<(Timestamp, Timestamp)>,
) -> Fact<u16> {
    let url = deployment.outputs.required("StatusUrl").map_err(|error| error.to_string())?;
    let answered = probe::webhook(url, account, token, deployment.aws.endpoint_url()).await?;
    if let Some(date) = answered.date {
        *clocks = Some((date, Timestamp::now()));
    }
    Ok(answered.status)
}

async fn fallback(deployment: &Deployment) -> Option<[Fact<String>; 3]> {
    let url = deployment.outputs.get("FallbackUrl")?;
    let aws = deployment.aws.endpoint_url();
    let asked = FALLBACK_FORMS.map(|form| probe::fallback(url, form, aws));
    let [caller, speaker, talker] = asked;
    Some([caller.await, speaker.await, talker.await])
}

async fn tables(deployment: &Deployment) -> Vec<(String, Fact<TableState>)> {
    let mut tables = Vec::new();
    for output in ["NumbersTable", "CallsTable", "VoicemailsTable", "LiveCallsTable", "AccessTable"] {
        let Some(name) = deployment.outputs.get(output) else { continue };
        let answer = deployment.store.client().describe_table().table_name(name).send().await;
        let state = match answer {
            Err(error) => Err(sdk_error(&error)),
            Ok(answer) => {
                answer.table.ok_or_else(|| "there is no answer".to_owned()).map(|table| TableState {
                    status: table.table_status.map_or_else(String::new, |status| status.as_str().to_owned()),
                    has_stream: table.stream_specification.is_some_and(|stream| stream.stream_enabled),
                })
            }
        };
        tables.push((name.to_owned(), state));
    }
    tables
}

async fn bucket(deployment: &Deployment) -> Fact<()> {
    let name = deployment.outputs.required("AudioBucket").map_err(|error| error.to_string())?;
    match deployment.s3().head_bucket().bucket(name).send().await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{name}: {}", sdk_error(&error))),
    }
}

async fn number_fact(
    deployment: &Deployment,
    secret: Option<&Secret>,
    settings: &NumberSettings,
    all: &[NumberSettings],
) -> NumberFacts {
    let mut at_twilio = AtTwilio::Unknown("the Twilio secret is not known".to_owned());
    let mut login: Option<&Login> = None;
    for (sid, account) in secret.iter().flat_map(|secret| secret.accounts()) {
        match deployment.rest.incoming_number(sid, &account.login, &settings.number).await {
            Ok(found) => {
                login = Some(&account.login);
                at_twilio = AtTwilio::Found(Box::new(found));
                break;
            }
            Err(RestError::NotFound(_)) => at_twilio = AtTwilio::Missing,
            Err(error) => {
                at_twilio = AtTwilio::Unknown(chain(&error));
                break;
            }
        }
    }
    let file = file_fact(deployment, &settings.number).await;
    // The settings name ten telephones of a file at most.
    let stored = file.as_ref().and_then(|file| file.stored.as_ref().ok());
    let of_file = stored.iter().flat_map(|file| file.telephones());
    let targets: Vec<&PhoneNumber> = settings.forwarding.targets.iter().chain(of_file).collect();
    let mut countries: BTreeMap<String, Fact<bool>> = BTreeMap::new();
    for country in targets.iter().copied().filter_map(country_of) {
        if let (Some(login), false) = (login, countries.contains_key(&country)) {
            let may = deployment.rest.may_call_country(login, &country).await;
            countries.insert(country, may.map_err(|error| chain(&error)));
        }
    }
    NumberFacts {
        settings: settings.clone(),
        at_twilio,
        masked_targets: targets.iter().any(|target| all.iter().any(|other| other.number == **target)),
        countries: countries.into_iter().collect(),
        file,
    }
}

async fn file_fact(deployment: &Deployment, number: &PhoneNumber) -> Option<FileFacts> {
    // A number that can't be read is told of elsewhere.
    let version = deployment.store.settings(number).await.ok()?.file?;
    let text = deployment.store.file_text(number, version).await.map_err(|error| chain(&error));
    let stored = deployment.store.phone_file(number, version).await.map_err(|error| chain(&error));
    Some(FileFacts { version, text, stored })
}

/// The owners who get mail now: those of numbers, and those of whom something is under way still.
async fn owners(deployment: &Deployment, settings: &[NumberSettings]) -> Vec<Owner> {
    let mut owners: Vec<Owner> = settings.iter().map(|settings| settings.owner.clone()).collect();
    // What can't be read is told of elsewhere.
    for (mailbox, numbers) in deployment.store.mailboxes().await.map(|all| all.rows).unwrap_or_default() {
        let is_left = numbers.is_empty() && open(deployment, &mailbox.id).await.is_ok_and(|it| !it.is_none());
        if is_left {
            owners.push(mailbox.owner);
        }
    }
    owners
}

async fn mail(deployment: &Deployment, settings: &[NumberSettings]) -> MailFacts {
    let ses = aws_sdk_sesv2::Client::new(&deployment.aws);
    let from = deployment.outputs.get("MailFrom").unwrap_or_default().to_owned();
    let account = match ses.get_account().send().await {
        Err(error) => Err(sdk_error(&error)),
        Ok(account) => Ok(SesAccount {
            production: account.production_access_enabled,
            sending: account.sending_enabled,
            enforcement: account.enforcement_status.unwrap_or_default(),
            in_24_hours: account.send_quota.as_ref().map_or(0.0, |quota| quota.max24_hour_send),
            sent: account.send_quota.as_ref().map_or(0.0, |quota| quota.sent_last24_hours),
        }),
    };
    let in_sandbox = account.as_ref().is_ok_and(|account| !account.production);
    let mut owners: Vec<OwnerFacts> = Vec::new();
    let known = self::owners(deployment, settings).await;
    let addresses = known.iter().flat_map(|it| [Some(&it.email), it.second_email.as_ref()]);
    for email in addresses.flatten() {
        let email = email.reveal();
        if owners.iter().any(|owner| owner.email == email) {
            continue;
        }
        owners.push(OwnerFacts {
            email: email.to_owned(),
            suppressed: suppressed(&ses, email).await,
            verified: if in_sandbox {
                Some(covering_identity(&ses, email).await.map(|it| it.is_some_and(|it| it.verified)))
            } else {
                None
            },
        });
    }
    let configuration_set = match deployment.outputs.get("SesConfigurationSet") {
        None => None,
        Some(name) => {
            let answer = ses.get_configuration_set().configuration_set_name(name).send().await;
            let exists = match answer {
                Ok(_) => Ok(true),
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(GetConfigurationSetError::is_not_found_exception) =>
                {
                    Ok(false)
                }
                Err(error) => Err(sdk_error(&error)),
            };
            Some((name.to_owned(), exists))
        }
    };
    MailFacts { identity: covering_identity(&ses, &from).await, from, account, configuration_set, owners }
}

/// The identity that lets mail go from, or in the sandbox to, an address: itself, or its domain.
async fn covering_identity(ses: &aws_sdk_sesv2::Client, address: &str) -> Fact<Option<Identity>> {
    let domain = address.rsplit_once('@').map(|(_, domain)| domain);
    let mut found: Option<Identity> = None;
    for name in [Some(address), domain].into_iter().flatten() {
        let answer = ses.get_email_identity().email_identity(name).send().await;
        let identity = match answer {
            Ok(identity) => Identity {
                name: name.to_owned(),
                verified: identity.verified_for_sending_status,
                dkim: identity
                    .dkim_attributes
                    .and_then(|dkim| dkim.status)
                    .map_or_else(String::new, |status| status.as_str().to_owned()),
            },
            Err(error) => match error.as_service_error() {
                Some(GetEmailIdentityError::NotFoundException(_)) => continue,
                _ => return Err(sdk_error(&error)),
            },
        };
        if identity.verified {
            return Ok(Some(identity));
        }
        found = found.or(Some(identity));
    }
    Ok(found)
}

async fn suppressed(ses: &aws_sdk_sesv2::Client, email: &str) -> Fact<Option<String>> {
    match ses.get_suppressed_destination().email_address(email).send().await {
        Ok(answer) => Ok(Some(
            answer
                .suppressed_destination
                .map_or_else(|| "suppressed".to_owned(), |it| it.reason.as_str().to_lowercase()),
        )),
        Err(error) => match error.as_service_error() {
            Some(GetSuppressedDestinationError::NotFoundException(_)) => Ok(None),
            _ => Err(sdk_error(&error)),
        },
    }
}

async fn executions(deployment: &Deployment) -> Fact<Executions> {
    let answer = aws_sdk_lambda::Client::new(&deployment.aws)
        .get_account_settings()
        .send()
        .await
        .map_err(|error| sdk_error(&error))?;
    let limit = answer.account_limit.ok_or("Lambda tells no limit")?;
    Ok(Executions {
        in_all: limit.concurrent_executions,
        unreserved: limit.unreserved_concurrent_executions.unwrap_or(limit.concurrent_executions),
    })
}

async fn depth(deployment: &Deployment, output: &str) -> Fact<Depth> {
    let url = deployment.outputs.required(output).map_err(|error| error.to_string())?;
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    ];
    let answer = aws_sdk_sqs::Client::new(&deployment.aws)
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(names.to_vec()))
        .send()
        .await
        .map_err(|error| sdk_error(&error))?;
    let attributes = answer.attributes.unwrap_or_default();
    let count = |name| attributes.get(name).and_then(|count| count.parse().ok()).unwrap_or(0);
    Ok(Depth { waiting: count(&names[0]), under_way: count(&names[1]) })
}
