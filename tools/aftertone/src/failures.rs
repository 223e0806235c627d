//! Why something failed, in words, and what helps.

use anyhow::anyhow;
use store::StoreError;
use twilio::RestError;

/// Everything that is wrong, a line each.
pub(crate) fn refused(why: &str) -> anyhow::Error {
    if why.contains('\n') {
        anyhow!("nothing was written:\n  {why}")
    } else {
        anyhow!("nothing was written: {why}")
    }
}

/// What to do when the ledger does not answer.
pub(crate) fn store_error(error: &StoreError) -> anyhow::Error {
    let told = chain(error);
    let again = if error.passes() { "try again; " } else { "" };
    anyhow!("{told}; {again}`aftertone doctor` tells why")
}

/// What to do when Twilio does not.
pub(crate) fn rest_error(error: &RestError) -> anyhow::Error {
    let told = chain(error);
    match error {
        RestError::Refused(_) => {
            anyhow!("{told}: put the right token in with `aftertone secret set`, see `aftertone doctor`")
        }
        RestError::SlowDown { .. } => anyhow!("{told}: try again in a minute"),
        RestError::Unreachable(_) => anyhow!("{told}: is there a network, or a proxy in the way?"),
        _ => anyhow!("{told}"),
    }
}

/// What [`sdk_error`] makes of it when nobody is signed in.
pub(crate) const NO_CREDENTIALS: &str = "there are no AWS credentials";

/// What an SDK says, in one line and in words: the service's own message if it answered.
pub(crate) fn sdk_error<E, R>(error: &aws_sdk_dynamodb::error::SdkError<E, R>) -> String
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error.as_service_error().map(|service| (service.code(), service.message())) {
        Some((Some(code), Some(message))) => format!("{message} ({code})"),
        Some((Some(code), None)) => code.to_owned(),
        _ => match chain(error) {
            // The chain names every place that was looked at, on many lines.
            told if told.contains("no credentials found") => NO_CREDENTIALS.to_owned(),
            told => told,
        },
    }
}

/// An error and its causes, each once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told = format!("{told}: {text}");
        }
        next = cause.source();
    }
    told
}
