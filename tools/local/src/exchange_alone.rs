//! The telephone network alone: a Twilio on this machine, for any program.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use exchange::clock::Clock;
use exchange::{Config, Exchange, NumberUrls, PhoneDescription};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use local::stack::a_seed_of_its_own;
use local::{development, exchange_env};
use serde_json::{Value, json};

use crate::arguments::{self, ExchangeCommand};
use crate::serve::asked_to_end;
use crate::show::{self, say};

/// Where the files are kept that lead programs here.
const LEAD: &str = "aftertone-data/exchange";

/// How many finished calls are remembered.
const REMEMBERED: usize = 1_000;

/// How often is looked for what is new.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The telephones of the world outside, if no file says otherwise.
const PHONES: [(&str, &str); 3] = [
    ("+12125550142", "Hello, Anna speaking."),
    ("+12125550177", "Hello, Ben speaking."),
    (development::OWNER_PHONE, "Hello, Olivia speaking."),
];

/// Does what is asked of the exchange.
pub(crate) async fn run(arguments: arguments::Exchange) -> Result<ExitCode> {
    match arguments.command {
        None => serve(&arguments).await,
        Some(ExchangeCommand::Env { port }) => environment(port),
        Some(ExchangeCommand::Call { from, to, says, presses, patience, port }) => {
            let keys: serde_json::Map<String, Value> =
                presses.into_iter().map(|(words, keys)| (words, json!(keys))).collect();
            let wish = json!({
                "from": from,
                "to": to.reveal(),
                "message": says,
                "keys_when_hears": keys,
                "patience_seconds": patience,
            });
            call(port, &wish).await
        }
    }
}

/// Runs until it is interrupted.
async fn serve(arguments: &arguments::Exchange) -> Result<ExitCode> {
    let phones = match &arguments.phones {
        Some(path) => read_phones(path)?,
        None => three_phones(),
    };
    let clock = if arguments.speed == NonZeroU32::MIN {
        Clock::system()
    } else {
        Clock::running(Timestamp::now(), arguments.speed)
    };
    let account_sid = development::account_sid()?;
    let config = Config {
        port: arguments.port,
        seed: a_seed_of_its_own(),
        refuses_warnings: false,
        warns_of_plain_http: true,
        keeps_finished: Some(REMEMBERED),
        ..Config::new(account_sid, development::AUTH_TOKEN, clock)
    };
    let exchange = Exchange::start(config).await.map_err(|error| {
        anyhow!(
            "port {} is taken: end what uses it, or name another one with --port ({error})",
            arguments.port
        )
    })?;
    let numbers = [development::MASKED_NUMBER].into_iter().chain(development::SPARE_NUMBERS);
    for number in numbers.clone() {
        exchange.wire(number, NumberUrls::voice(development::NEW_NUMBER_URL));
    }
    for phone in &phones {
        exchange.plug(phone.number.as_str(), phone.phone());
    }
    let (mut events, mut problems) = (exchange.watch(), exchange.watch_problems());
    let mut end = pin!(asked_to_end().context("requests to end can't be heard")?);
    say!("The exchange is running: {} is what https://api.twilio.com is to Twilio.\n", exchange.rest_url());
    say!("  account    {}, token {}", development::ACCOUNT_SID, development::AUTH_TOKEN);
    say!("  numbers    {}", numbers.collect::<Vec<_>>().join(", "));
    let plugged: Vec<&str> = phones.iter().map(|phone| phone.number.as_str()).collect();
    say!("  telephones {}", plugged.join(", "));
    say!("  programs   eval \"$(cargo run -- exchange env)\" leads Twilio's libraries here");
    say!("  calls      cargo run -- exchange call --from +13125550142 --to {}", development::MASKED_NUMBER);
    say!("\nWhat happens shows here. Ctrl-C stops.\n");
    loop {
        tokio::select! {
            () = &mut end => break,
            Some(event) = events.recv() => show::event(&event, &[]),
            Some(problem) = problems.recv() => say!("       {problem}"),
        }
    }
    say!("Stopped.");
    Ok(ExitCode::SUCCESS)
}

fn three_phones() -> Vec<PhoneDescription> {
    PHONES
        .iter()
        .map(|(number, words)| PhoneDescription {
            number: (*number).to_owned(),
            says: Some((*words).to_owned()),
            ..PhoneDescription::default()
        })
        .collect()
}

fn read_phones(path: &Path) -> Result<Vec<PhoneDescription>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    let phones: Vec<PhoneDescription> = serde_saphyr::from_str(&text)
        .with_context(|| format!("{} is no list of telephones", path.display()))?;
    for phone in &phones {
        phone.address().map_err(|why| anyhow!("{}: {why}", path.display()))?;
    }
    Ok(phones)
}

fn environment(port: u16) -> Result<ExitCode> {
    let folder = std::path::absolute(PathBuf::from(LEAD)).context("this folder has no path")?;
    exchange_env::write(&folder).with_context(|| format!("{} can't be written", folder.display()))?;
    let url = format!("http://127.0.0.1:{port}");
    let lines = exchange_env::environment(&url, &folder, development::ACCOUNT_SID, development::AUTH_TOKEN);
    say!("{}", lines.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Calls from outside, and shows the call as it goes on.
async fn call(port: u16, wish: &Value) -> Result<ExitCode> {
    let placed = ask(port, "POST", "/calls", Some(wish)).await?;
    let sid = placed["call_sid"].as_str().unwrap_or_default().to_owned();
    let mut shown = 0;
    loop {
        let story = ask(port, "GET", &format!("/calls/{sid}"), None).await?;
        let entries = story["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (under_way, written): (Vec<&Value>, Vec<&Value>) =
            entries.iter().partition(|entry| entry["is_under_way"] == true);
        for entry in not_yet_shown(written, &mut shown) {
            show::told(entry);
        }
        if !story["ended"].is_null() && under_way.is_empty() {
            say!("\nThe call is {}.", story["status"].as_str().unwrap_or_default());
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Those written after the last one that was shown, which they become, in the order of writing: what began long
/// ago stands in the midst of a story that was shown already.
fn not_yet_shown<'story>(mut written: Vec<&'story Value>, shown: &mut u64) -> Vec<&'story Value> {
    let number = |entry: &Value| entry["written"].as_u64().unwrap_or_default();
    written.retain(|entry| number(entry) > *shown);
    written.sort_by_key(|entry| number(entry));
    *shown = written.last().map_or(*shown, |entry| number(entry));
    written
}

/// Asks the exchange for something that Twilio does not have.
async fn ask(port: u16, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = axum::http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:{port}/exchange/v1{path}"))
        .header("content-type", "application/json")
        .body(Full::new(axum::body::Bytes::from(body.map(Value::to_string).unwrap_or_default())))?;
    let answer = client.request(request).await.map_err(|error| {
        anyhow!("no exchange answers on port {port}: start it with `cargo run -- exchange --port {port}` ({error})")
    })?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await.context("the exchange's answer broke off")?.to_bytes();
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if !status.is_success() {
        bail!("{}", value["error"].as_str().unwrap_or("the exchange has not understood"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_shown_once_in_the_order_of_writing() {
        let entries: Vec<Value> = [1, 5, 2, 3, 7].map(|number| json!({ "written": number })).into();
        let (mut shown, mut told) = (0, Vec::new());
        for there in [vec![0], vec![0, 2, 3], vec![0, 1, 2, 3], vec![0, 1, 2, 3], vec![0, 1, 2, 3, 4]] {
            let written = there.into_iter().map(|place: usize| &entries[place]).collect();
            told.extend(not_yet_shown(written, &mut shown).into_iter().map(|entry| entry["written"].clone()));
        }
        assert_eq!(told, [1, 2, 3, 5, 7]);
    }
}
