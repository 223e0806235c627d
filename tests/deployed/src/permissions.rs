//! That permissions are enforced, and needed: with one taken away, something does not work.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use domain::Language;
use exchange::{Caller, Phone, Speech};
use serde_json::Value;

use crate::people::{Pair, takes_the_call};
use crate::world::{MaskedNumber, World};

/// How long a mail that must not come is waited for.
const ENOUGH: Duration = Duration::from_secs(20);

/// Without its permission to write calls, `voice` can't forward: the caller gets the beep at once.
///
/// # Errors
/// When the call is forwarded all the same.
pub async fn voice_without_calls(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::busy()).await?;
    let before = take_away(world, "VoiceRole", "CallsTable", "dynamodb:UpdateItem").await?;
    let story = world.call(caller(), line).await;
    before.give_back(world).await?;
    ensure!(!story.rang(line.phone.as_str()), "the call was forwarded:\n{story}");
    ensure!(story.heard_beep(), "the caller is to get a beep all the same:\n{story}");
    Ok(())
}

/// Without its permission to write the ledger, `transcription` can't bring the words.
///
/// # Errors
/// When they come all the same.
pub async fn transcription_without_ledger(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::busy()).await?;
    let before = take_away(world, "TranscriptionRole", "VoicemailsTable", "dynamodb:UpdateItem").await?;
    let called = world.voicemail(line, &Speech::english_sample()).await;
    before.give_back(world).await?;
    let (_, letter) = called?;
    ensure!(!letter.text.contains(Speech::english_sample().words()), "the words came all the same");
    Ok(())
}

/// Without its permission to store sound, `deliver` can't mail; with it, it does, from where it stood.
///
/// # Errors
/// When the mail comes too early, or never.
pub async fn deliver_without_bucket(world: &World, line: &MaskedNumber) -> Result<()> {
    world.add(line, Language::English, Phone::busy()).await?;
    let before = take_away(world, "DeliverRole", "AudioBucket", "s3:PutObject").await?;
    let story = world.call(caller(), line).await;
    let early = world.sink.wait(&line.email, 1, ENOUGH).await;
    before.give_back(world).await?;
    ensure!(early.is_err(), "the mail came all the same");
    let row = world.store().voicemail(&story.recording().context("no recording")?.sid).await?;
    ensure!(row.trouble.is_some(), "the row does not say why: {row:?}");
    // The message comes back after the queue's ninety seconds.
    world.sink.wait(&line.email, 1, Duration::from_secs(150)).await?;
    Ok(())
}

/// Without its permission to write live calls, `leg` can't say who has the call. Twilio's queue gives the caller to
/// the first who takes it all the same.
///
/// # Errors
/// When nobody gets the caller, or the row names a winner.
pub async fn leg_without_live_calls(world: &World, line: &MaskedNumber) -> Result<()> {
    let pair = Pair::take_calls(world, line, Phone::never_answers(), takes_the_call()).await?;
    let before = take_away(world, "LegRole", "LiveCallsTable", "dynamodb:UpdateItem").await?;
    let story = world.call(caller(), line).await;
    let row = world.store().live_call(story.call_sid()).await;
    before.give_back(world).await?;
    let all = pair.everything(world, &story);
    ensure!(story.talked_with() == Some(pair.ben.phone.as_str().into()), "{all}");
    let row = row?;
    ensure!(row.winner.is_none(), "the row was written: {row:?}");
    Ok(())
}

/// Where no webhook may send a message to the worker, that a row has changed wakes it all the same.
///
/// # Errors
/// When nobody is rung.
pub async fn webhooks_without_queue(world: &World, line: &MaskedNumber) -> Result<()> {
    let pair = Pair::take_calls(world, line, Phone::never_answers(), takes_the_call()).await?;
    let mut before = Vec::new();
    for role in ["VoiceRole", "DialOutcomeRole", "StatusRole", "MenuRole", "WaitRole", "LegRole"] {
        before.push(take_away(world, role, "ActQueue", "sqs:SendMessage").await?);
    }
    let story = world.call(caller(), line).await;
    let row = world.summed_up(story.call_sid()).await;
    for before in before {
        before.give_back(world).await?;
    }
    let all = pair.everything(world, &story);
    ensure!(story.talked_with() == Some(pair.ben.phone.as_str().into()), "{all}");
    row.map(drop)
}

fn caller() -> Caller {
    Caller::new("+13125550142").leaves(Speech::tone(Duration::from_secs(3), "Hello?")).then_presses('#')
}

/// A policy as it was.
struct Before {
    role: String,
    policy: Value,
}

impl Before {
    async fn give_back(self, world: &World) -> Result<()> {
        world.cloud.put_policy(&self.role, &self.policy).await
    }
}

/// Takes one action on one resource, or on parts of it, out of a role's policy.
async fn take_away(world: &World, role: &str, resource: &str, action: &str) -> Result<Before> {
    let resources = world.cloud.resources().await?;
    let role = resources.get(role).with_context(|| format!("no {role}"))?.clone();
    let id = resources.get(resource).with_context(|| format!("no {resource}"))?;
    let policy = world.cloud.policy(&role).await?;
    let mut changed = policy.clone();
    let mut taken = 0;
    for statement in changed["Statement"].as_array_mut().into_iter().flatten() {
        if !is_about(&statement["Resource"], name_of(id)) {
            continue;
        }
        let actions: Vec<Value> = match statement["Action"].take() {
            Value::Array(actions) => actions,
            one => vec![one],
        };
        let kept: Vec<Value> = actions.iter().filter(|it| *it != action).cloned().collect();
        taken += actions.len() - kept.len();
        // A statement needs an action; this one exists and does nothing here.
        statement["Action"] =
            if kept.is_empty() { Value::from("sts:GetCallerIdentity") } else { Value::Array(kept) };
    }
    if taken == 0 {
        bail!("{action} on {id} does not stand in the policy of {role}: {policy}");
    }
    world.cloud.put_policy(&role, &changed).await?;
    Ok(Before { role, policy })
}

/// The name by which a resource stands at the end of its ARN. `CloudFormation` knows a queue by its URL, which ends so.
fn name_of(id: &str) -> &str {
    id.rsplit(['/', ':']).next().unwrap_or(id)
}

/// Whether a statement is about the resource of that name, or about parts of it.
fn is_about(resource: &Value, name: &str) -> bool {
    match resource {
        Value::Array(all) => all.iter().any(|one| is_about(one, name)),
        one => one.as_str().is_some_and(|arn| arn.split(['/', ':']).any(|part| part == name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_is_found_by_what_cloudformation_calls_a_resource() {
        let queue = "http://sqs.us-east-1.amazonaws.com/000000000000/aftertone-ActQueue-1a2b";
        let sends = json!("arn:aws:sqs:us-east-1:000000000000:aftertone-ActQueue-1a2b");
        let table = "aftertone-CallsTable-3c4d";
        let queries =
            json!("arn:aws:dynamodb:us-east-1:000000000000:table/aftertone-CallsTable-3c4d/index/by-number");
        let topic = "arn:aws:sns:us-east-1:000000000000:aftertone-Events-5e6f";
        for (resource, id) in [(&sends, queue), (&queries, table), (&json!([queries, topic]), topic)] {
            assert!(is_about(resource, name_of(id)), "{id} in {resource}");
        }
        for (resource, id) in
            [(&queries, queue), (&sends, "aftertone-ActQueue"), (&json!("*"), queue), (&json!({}), queue)]
        {
            assert!(!is_about(resource, name_of(id)), "{id} in {resource}");
        }
    }
}
