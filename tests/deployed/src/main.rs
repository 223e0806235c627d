//! Deploys Aftertone to an emulated AWS and calls it. Run it by `tests/deployed/run`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use deployed::steps::{say, step};
use deployed::world::{MaskedNumber, World};
use deployed::{control, load, people, permissions, scenarios, schedule, upgrade, velocity};
use domain::Language;
use exchange::Phone;

/// Deploys Aftertone to an emulated AWS and calls it.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
struct Arguments {
    /// The folder with the tools: a Python environment.
    #[arg(long)]
    tools: PathBuf,
    /// Where to work.
    #[arg(long)]
    folder: PathBuf,
    /// Also place this many calls that are in progress at the same time (a thousand take ten minutes).
    #[arg(long, default_value_t = 0, value_name = "CALLS")]
    load: u32,
    /// Only evaluate the fallback's template.
    #[arg(long)]
    velocity: bool,
    /// Deploy what was built before.
    #[arg(long)]
    built: bool,
    /// Don't show that permissions are needed, and what finds a call without wake-ups, which takes five minutes.
    #[arg(long)]
    quick: bool,
    /// After the first calls, keep the system there for the operator's command line, until Ctrl-C.
    #[arg(long)]
    stay: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let repository = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let folder = std::path::absolute(&arguments.folder)?;
    let tools = std::path::absolute(&arguments.tools)?;
    step("the fallback's template tells callers apart", async {
        let forms = velocity::agrees(&repository, &tools).await?;
        say(&format!("   {forms} forms"));
        Ok(())
    })
    .await?;
    if arguments.velocity {
        return Ok(());
    }
    let mut world = step("the emulator starts", World::start(&repository, &tools, &folder)).await?;
    if !arguments.built {
        step("sam build", world.sam.build()).await?;
    }
    let last = upgrade::template_of_last_release(&repository, &folder)?;
    step("sam deploy of the last release", world.deploy_template(&last)).await?;
    step("the secret is set", world.put_secret()).await?;
    let left = step("the last release leaves messages", upgrade::put_rows(&world, &repository)).await?;
    step("sam deploy", world.deploy(&[])).await?;
    step("what the last release left is mailed", async {
        let mails = upgrade::is_done(&world, &left).await?;
        say(&format!("   {mails} messages"));
        Ok(())
    })
    .await?;

    let line = |nth| MaskedNumber::nth(nth);
    let main = line(1);
    let all = Box::pin(async {
        world.add(&main, Language::English, Phone::never_answers()).await?;
        let (chinese, engaged, talking, helped) = (line(2), line(3), line(4), line(5));
        let (first, ..) = tokio::try_join!(
            scenarios::nobody_answers(&world, &main),
            scenarios::in_chinese(&world, &chinese),
            scenarios::busy(&world, &engaged),
            scenarios::answered(&world, &talking),
            scenarios::forged(&world, &main),
            scenarios::fallback(&world, &helped),
        )?;
        Ok(first)
    });
    let mailed = step("nobody answers; Chinese; busy; the owner answers; forged; fallback", all).await?;
    step("a phone file: one takes the call; nobody does; a key leads to a mailbox", async {
        let (taken, untaken, chosen) = (line(10), line(11), line(12));
        let calls = tokio::try_join!(
            Box::pin(people::one_takes_the_call(&world, &taken)),
            Box::pin(people::nobody_takes_the_call(&world, &untaken)),
            Box::pin(people::a_key_leads_to_a_mailbox(&world, &chosen)),
        );
        calls.map(drop)
    })
    .await?;
    let steered = line(16);
    let steered = Box::pin(control::one_handle(&world, &steered));
    step("a program steers a call over HTTP, from its first leg to its recording", steered).await?;
    if arguments.stay {
        say(&format!("\nIn another terminal:\n\n{}\n\nCtrl-C goes on.", world.environment()));
        tokio::signal::ctrl_c().await?;
    }
    step("every webhook comes twice", scenarios::everything_twice(&world, &line(6))).await?;
    if arguments.load > 0 {
        let calls = arguments.load;
        step(&format!("{calls} calls in progress at once"), load::many_at_once(&world, calls)).await?;
    }
    if !arguments.quick {
        Box::pin(with_less(&world)).await?;
    }
    step("nothing was given up", async {
        let dead = world.cloud.messages(world.output("DeadLetterQueueUrl")?).await?;
        ensure!(dead == 0, "{dead} dead letters");
        Ok(())
    })
    .await?;
    step("sam deploy over it, with another parameter", world.deploy(&["LinkDays=31"])).await?;
    step("the data is in place, and calls go on", async {
        world.wire(&main, Phone::never_answers())?;
        scenarios::nobody_answers(&world, &main).await?;
        let path = mailed.split("/v/").nth(1).unwrap_or_default();
        world.follow(&format!("{}/v/{path}", world.output("ApiUrl")?)).await.map(drop)
    })
    .await?;
    step("sam delete", world.sam.delete()).await?;
    step("what can't be made again is kept", async {
        for table in ["NumbersTable", "CallsTable", "VoicemailsTable", "LiveCallsTable", "AccessTable"] {
            ensure!(world.cloud.has_table(world.output(table)?).await?, "{table} is gone");
        }
        ensure!(world.cloud.outputs().await.is_err(), "the stack is still there");
        Ok(())
    })
    .await?;
    world.stop().await?;
    say(&format!("All of it in {:.0} s", started.elapsed().as_secs_f64()));
    Ok(())
}

/// A permission is taken away, or a wake-up: what does not work then, and what does all the same.
async fn with_less(world: &World) -> Result<()> {
    step(
        "deliver may not store sound",
        Box::pin(permissions::deliver_without_bucket(world, &MaskedNumber::nth(7))),
    )
    .await?;
    step("voice may not write calls", permissions::voice_without_calls(world, &MaskedNumber::nth(8))).await?;
    step(
        "transcription may not write the ledger",
        permissions::transcription_without_ledger(world, &MaskedNumber::nth(9)),
    )
    .await?;
    let (unwritten, woken) = (MaskedNumber::nth(13), MaskedNumber::nth(14));
    step("leg may not write live calls", Box::pin(permissions::leg_without_live_calls(world, &unwritten)))
        .await?;
    let unwoken = Box::pin(permissions::webhooks_without_queue(world, &woken));
    step("webhooks may not wake act: the table's stream does", unwoken).await?;
    step(
        "the schedule finds what nobody ended",
        schedule::finds_what_nobody_ended(world, &MaskedNumber::nth(15)),
    )
    .await?;
    Ok(())
}
