//! A function is known wherever it has to be.

use architecture::places::{Function, House, forgotten, miscounted, untold};
use architecture::rooms::packages;

#[test]
fn every_function_is_known_wherever_it_has_to_be() {
    let (house, functions) = (House::standing(), Function::among(&packages()));
    assert!(functions.len() >= 10, "{functions:?}");
    let wrong: Vec<String> = functions
        .iter()
        .flat_map(|function| forgotten(&house, function))
        .chain(miscounted(&house))
        .chain(untold())
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// One that nobody knows is missing everywhere: no place is passed over.
#[test]
fn a_forgotten_place_is_named_with_what_to_put_there() {
    let house = House::standing();
    let webhook = forgotten(&house, &Function::named("hang-up", true));
    let places = webhook.iter().map(|told| {
        let (place, _) = told.strip_prefix("`hang-up` is missing in ").unwrap().split_once(": ").unwrap();
        place
    });
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            "Cargo.toml, [workspace.dependencies]",
            "functions/hang-up/Cargo.toml, [package]",
            "template.yaml, HangUpFunction",
            "template.yaml, HangUpRole",
            "template.yaml, HangUpLogs",
            "template.yaml, HangUpFunction's TWILIO_SECRET_ID",
            "template.yaml, HangUpFunction's Events",
            "template.yaml, FunctionErrorAlarm",
            "template.yaml, ThrottleAlarm",
            "template.yaml, Dashboard",
            "template.yaml, LogGroupNames",
            "tests/alarms/tests/alarms/timeline.rs, CALLERS",
            "events/hang-up.json, a sample event",
            "events/env.json, HangUpFunction",
            "tools/local/Cargo.toml, [dependencies]",
            "tools/local/src/stack.rs, fn routes",
            "docs/functions.md, the list of functions",
            "docs/measurements.md, the table",
            "docs/measurements.md, To measure it yourself",
            "docs/architecture.svg, the drawing",
            "README.md, The way of a call",
        ]
    );
    assert_eq!(
        webhook[6],
        "`hang-up` is missing in template.yaml, HangUpFunction's Events: add its routes, an `HttpApi` event for POST \
         and one for GET, with `Path: /webhook/hang-up`"
    );
    let worker = forgotten(&house, &Function::named("tidy", false));
    for told in [
        "`tidy` is missing in template.yaml, TidyFunction's Events: add what calls it",
        "`tidy` is missing in template.yaml, WorkerErrorAlarm: add its errors, as `deliver` has them: it works by itself",
        "`tidy` is missing in tools/local/src/stack.rs, handle: add what calls `tidy::handle`, or works off `tidy::Deps`, \
         in the local system, in place of AWS",
    ] {
        assert!(worker.iter().any(|it| it == told), "{told}\n{worker:#?}");
    }
}
