//! What becomes of a call.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use jiff::{Timestamp, Zoned};
use phonefile::model::Call;
use phonefile::{PhoneFile, Reason, Way, Weight, unknown_caller, wall_time, way};
use serde_json::{Value, json};

use crate::arguments::{Played, When, Which};
use crate::deployment::Deployment;
use crate::number::in_force;
use crate::owner_file::{OwnerFile, counted};
use crate::reading::international;
use crate::show::{self, BOLD};

/// By the phone file that is given, or by what the stack has of the number.
pub(crate) async fn run(which: &Which, options: &When, json: bool) -> Result<ExitCode> {
    match (&options.file, &options.number) {
        (None, Some(number)) => {
            let number = options.call.region.read(number)?;
            let deployment = Deployment::find(which).await?;
            tell(&in_force(&deployment, &number).await?, &options.call, json)?;
            Ok(ExitCode::SUCCESS)
        }
        (Some(file), _) => of_file(file, &options.call, json),
        (None, None) => bail!("by which file? Name a number, or a phone file with --file"),
    }
}

fn of_file(path: &Path, played: &Played, json: bool) -> Result<ExitCode> {
    let written = OwnerFile::read(path)?;
    let file = match phonefile::read(&written.bytes) {
        Ok(checked) => checked.file,
        Err(mut faults) => {
            faults.retain(|fault| fault.weight == Weight::Error);
            let (name, counted, shown) = (&written.name, counted(&faults), written.shown(&faults));
            bail!(
                "{name} has {counted}, so that no call goes by it: mend what stands here\n{}",
                shown.trim_end()
            );
        }
    };
    tell(&file, played, json)?;
    Ok(ExitCode::SUCCESS)
}

/// Plays a call by a file, and tells its way.
pub(crate) fn tell(file: &PhoneFile, played: &Played, json: bool) -> Result<()> {
    let now = Timestamp::now().to_zoned(file.time_zone.clone());
    let call = call(played, &now)?;
    let way = way(file, &call);
    if json {
        return show::json(&to_json(file, &call, &way));
    }
    let from = match (&played.from, &call.from) {
        (None, _) => "Somebody unknown".to_owned(),
        (_, None) => "Somebody who shows no number".to_owned(),
        (_, Some(number)) => international(number),
    };
    let (at, zone) = (call.at.strftime("%A, %Y-%m-%d %H:%M"), file.time_zone.iana_name().unwrap_or_default());
    show::line(format!("{BOLD}{from} calls on {at}{BOLD:#} ({zone})"));
    for sentence in way.sentences(file) {
        show::line(format!("  {sentence}"));
    }
    Ok(())
}

/// The call that the command line describes.
fn call(played: &Played, now: &Zoned) -> Result<Call> {
    let Played { from, region, at, presses, says, known, unverified } = played;
    let from = match from.as_deref() {
        None => unknown_caller(),
        Some("anonymous") => None,
        Some(number) => Some(region.read(number).map_err(|why| anyhow!("{why}; or say --from anonymous"))?),
    };
    let at = match at {
        None => now.clone(),
        Some(text) => {
            let at = wall_time(text.trim()).and_then(|at| at.to_zoned(now.time_zone().clone()).ok());
            at.ok_or_else(|| {
                anyhow!("{text:?} is no time: write date and time in quotes, like --at \"2026-12-24 23:00\"")
            })?
        }
    };
    let presses: Vec<char> =
        presses.iter().flat_map(|keys| keys.chars()).filter(|key| !matches!(key, ' ' | ',')).collect();
    if let Some(key) = presses.iter().find(|key| !key.is_ascii_digit()) {
        bail!("{key:?} is no key of a menu: write keys of 0 to 9, one for each menu, like --presses 21");
    }
    let says = says.iter().map(|words| words.trim().to_lowercase()).collect();
    Ok(Call { from, at, known: *known, unverified: *unverified, presses, says })
}

fn to_json(file: &PhoneFile, call: &Call, way: &Way) -> Value {
    let reason = |reason: &Reason| json!({ "line": reason.place.line, "why": reason.why });
    json!({
        "number": file.number.reveal(),
        "from": call.from.as_ref().map(phone::PhoneNumber::reveal),
        "at": call.at.strftime("%Y-%m-%d %H:%M").to_string(),
        "time_zone": file.time_zone.iana_name(),
        "rule": way.rule.as_ref().map(reason),
        "passed": way.passed.iter().map(reason).collect::<Vec<Value>>(),
        "hears": way.hears(),
        "menus": way.menus(),
        "rings": way.rings(),
        "forwards": way.forwards(),
        "voicemail": way.voicemail(),
        "rejects": way.rejects(),
        "sentences": way.sentences(file),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Region;

    fn played() -> Played {
        let region = Region { region: None };
        Played {
            from: None,
            region,
            at: None,
            presses: None,
            says: Vec::new(),
            known: false,
            unverified: false,
        }
    }

    fn now() -> Zoned {
        "2026-11-30T09:30[America/Los_Angeles]".parse().unwrap()
    }

    #[test]
    fn what_is_not_said_of_a_call_is_somebody_unknown_now() {
        let call = call(&played(), &now()).unwrap();
        assert_eq!((call.from, call.at), (unknown_caller(), now()));
    }

    #[test]
    fn a_call_is_what_the_command_line_says() {
        let call = call(
            &Played {
                from: Some("anonymous".to_owned()),
                at: Some("2026-12-24 23:00".to_owned()),
                presses: Some("2, 1".to_owned()),
                says: vec![" Orders ".to_owned()],
                known: true,
                ..played()
            },
            &now(),
        );
        let call = call.unwrap();
        assert_eq!((call.from, call.at), (None, "2026-12-24T23:00[America/Los_Angeles]".parse().unwrap()));
        assert_eq!((call.presses, call.says), (vec!['2', '1'], vec!["orders".to_owned()]));
        assert!(call.known && !call.unverified);
    }

    #[test]
    fn what_is_no_call_is_refused_with_what_would_be_one() {
        let told = |played: Played| call(&played, &now()).unwrap_err().to_string();
        let text = |text: &str| Some(text.to_owned());
        for (played, cure) in [
            (Played { at: text("tomorrow"), ..played() }, "--at \"2026-12-24 23:00\""),
            (Played { at: text("2026-02-30 10:00"), ..played() }, "--at \"2026-12-24 23:00\""),
            (Played { presses: text("1#"), ..played() }, "0 to 9"),
            (Played { from: text("555-0100"), ..played() }, "or say --from anonymous"),
        ] {
            let told = told(played);
            assert!(told.contains(cure), "{told}");
        }
    }
}
