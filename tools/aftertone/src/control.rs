//! The control API, as a program asks it: with a key, and each command under a name of its own, so that it may be sent
//! again where no answer came.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::deployment::Deployment;
use crate::requests::{client, place};

/// Longer than an answer may wait for what is yet to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any answer has.
const LIMIT: usize = 10 * 1024 * 1024;

/// How often the same is sent where no answer comes.
const TRIES: u32 = 3;

/// When it is sent again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// The control API of a system.
#[derive(Debug)]
pub(crate) struct Control {
    base: String,
    /// Where all of AWS is, if that is not AWS.
    aws: Option<String>,
    key: SecretString,
}

/// What was answered.
struct Answer {
    status: StatusCode,
    body: Bytes,
}

impl Control {
    /// # Errors
    /// Nobody said which key, or the system has no such API.
    pub(crate) fn of(deployment: &Deployment, key: Option<String>) -> Result<Self> {
        let key = key.ok_or_else(|| {
            let none = "there is no key: give one by AFTERTONE_KEY or --key";
            match deployment.local {
                Some(_) => {
                    anyhow!("{none}; `cargo run -- serve` prints one, and `aftertone key add` makes others")
                }
                None => anyhow!("{none}; `aftertone key add` makes one"),
            }
        })?;
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("the key has characters that no key has: give it as `aftertone key add` showed it");
        }
        let base = deployment.outputs.required("ApiUrl")?.trim_end_matches('/');
        let aws =
            deployment.local.is_none().then(|| deployment.aws.endpoint_url().map(str::to_owned)).flatten();
        Ok(Self { base: format!("{base}/v1"), aws, key: key.into() })
    }

    /// Looks at something.
    ///
    /// # Errors
    /// Why it can't be seen, and what helps.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// Wants something.
    ///
    /// # Errors
    /// Why it is not done, and what helps.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let once = format!("aftertone-{:032x}", u128::from_be_bytes(random));
        let mut tries = 1;
        loop {
            let answered = self.send(&method, path, body, &once).await;
            let is_to_come_again = match &answered {
                Ok(answer) => answer.status == StatusCode::SERVICE_UNAVAILABLE,
                Err(_) => true,
            };
            if !is_to_come_again || tries == TRIES {
                return read(&answered.map_err(|why| anyhow!("{} does not answer: {why}", self.base))?);
            }
            tries += 1;
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        once: &str,
    ) -> Result<Answer, String> {
        let url = format!("{}/{path}", self.base);
        let (destination, host) = place(&url, self.aws.as_deref())?;
        let mut request = Request::builder()
            .method(method.clone())
            .uri(destination)
            .header("host", host)
            .header("user-agent", "aftertone")
            .header("authorization", format!("Bearer {}", self.key.expose_secret()));
        if body.is_some() {
            request = request.header("content-type", "application/json").header("idempotency-key", once);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let answer = async {
            let response = client().request(request).await.map_err(|error| crate::failures::chain(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LIMIT).collect().await;
            let body = body.map_err(|error| crate::failures::chain(&*error))?.to_bytes();
            Ok(Answer { status, body })
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
    }
}

fn read(answer: &Answer) -> Result<Value> {
    let value: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("the control API answers {} and no JSON", answer.status.as_u16()))?;
    if answer.status.is_success() {
        return Ok(value);
    }
    bail!("{}", problem(&value));
}

/// Why something was not done, and what helps.
pub(crate) fn problem(problem: &Value) -> String {
    let text = |name: &str| problem[name].as_str().unwrap_or_default();
    let (cause, code) = (text("cause"), text("code"));
    // What helps a program is to send something; people have a command for it.
    let cure = match code {
        "call_not_found" => "See `aftertone live list`; only the key that made a call sees it.",
        "participant_not_found" | "action_not_found" => "`aftertone live show CALL` tells which there are.",
        _ => text("cure"),
    };
    let blocking = problem["blocking_action"].as_str().map(|action| format!(" {action}")).unwrap_or_default();
    match (cause, cure) {
        ("", _) => "the control API does not say why".to_owned(),
        (cause, "") => format!("{cause} ({code}{blocking})"),
        (cause, cure) => format!("{cause} ({code}{blocking}): {cure}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_told_with_its_cure() {
        let told = problem(&json!({ "code": "busy", "cause": "it was busy", "cure": "Try again later." }));
        assert_eq!(told, "it was busy (busy): Try again later.");
        let blocked =
            json!({ "code": "action_in_the_way", "cause": "another goes on", "blocking_action": "a3" });
        assert_eq!(problem(&blocked), "another goes on (action_in_the_way a3)");
        assert_eq!(problem(&json!({ "message": "Not Found" })), "the control API does not say why");
    }
}
