//! The places where a function has to be known: for each, whether it stands there, and what to do if it
//! does not.

use std::fs;

use serde_json::Value;

use crate::rooms::{Package, root};

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// That of its folder, like `dial-outcome`.
    name: String,
    /// The same in the template: `DialOutcome`.
    logical: String,
    /// The same in code: `dial_outcome`.
    ident: String,
    /// Whether Twilio calls it.
    is_webhook: bool,
}

impl Function {
    /// Its name is that of its folder.
    pub fn named(name: &str, is_webhook: bool) -> Self {
        let logical = name.split('-').flat_map(|word| {
            let (first, rest) = word.split_at(word.len().min(1));
            [first.to_uppercase(), rest.to_owned()]
        });
        Self { name: name.to_owned(), logical: logical.collect(), ident: name.replace('-', "_"), is_webhook }
    }

    /// Those among the crates.
    pub fn among(packages: &[Package]) -> Vec<Self> {
        let functions = packages.iter().filter(|it| it.floor() == "functions");
        functions.map(|it| Self::named(&it.name, it.needs.contains("webhook"))).collect()
    }

    /// `NAME`, `LOGICAL` and `IDENT` become its own.
    fn fill(&self, text: &str) -> String {
        text.replace("NAME", &self.name).replace("LOGICAL", &self.logical).replace("IDENT", &self.ident)
    }
}

/// Who has to be known at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// All.
    Every,
    /// Those that Twilio calls.
    Webhooks,
    /// The others.
    Others,
    /// Those for whose answer somebody waits: a caller, or whoever follows a link.
    Answering,
    /// Those that work by themselves.
    Working,
}

/// A place where functions have to be known.
struct Place {
    /// The file.
    file: &'static str,
    /// What in it, as one would look for it.
    part: &'static str,
    /// Whom it has to know.
    knows: Whom,
    /// What to do if it does not.
    cure: &'static str,
    /// Whether the function stands there.
    has: fn(&House, &Function) -> bool,
}

/// What is looked at.
#[derive(Debug)]
pub struct House {
    template: Value,
}

impl House {
    /// As it stands.
    ///
    /// # Panics
    /// When the template is no YAML.
    pub fn standing() -> Self {
        let template = serde_saphyr::from_str(&text("template.yaml"));
        #[expect(clippy::expect_used, reason = "a test that can't read what it checks has failed")]
        Self { template: template.expect("template.yaml is no YAML") }
    }

    /// A resource of the template. Tags are left out when it is read: `!GetAtt A.Arn` is `A.Arn`.
    fn resource(&self, id: &str) -> &Value {
        &self.template["Resources"][id]
    }

    fn function(&self, function: &Function) -> &Value {
        &self.resource(&format!("{}Function", function.logical))["Properties"]
    }

    fn events(&self, function: &Function) -> impl Iterator<Item = &Value> {
        self.function(function)["Events"].as_object().into_iter().flat_map(|events| events.values())
    }

    fn has_route(&self, function: &Function, method: &str) -> bool {
        let path = format!("/webhook/{}", function.name);
        self.events(function).any(|event| {
            let properties = &event["Properties"];
            event["Type"] == "HttpApi"
                && properties["Method"] == method
                && properties["Path"] == path.as_str()
        })
    }

    /// Whether its role allows an action on a resource.
    fn may(&self, function: &Function, action: &str, resource: &str) -> bool {
        let role = &self.resource(&format!("{}Role", function.logical))["Properties"];
        let policies = role["Policies"].as_array().into_iter().flatten();
        let mut statements =
            policies.flat_map(|it| it["PolicyDocument"]["Statement"].as_array().into_iter().flatten());
        statements.any(|it| among(&it["Action"], action) && among(&it["Resource"], resource))
    }

    /// Whether an alarm sums up a metric of the function.
    fn sums(&self, alarm: &str, function: &Function) -> bool {
        let wanted = format!("{}Function", function.logical);
        self.summed(alarm).any(|it| it["MetricStat"]["Metric"]["Dimensions"][0]["Value"] == wanted.as_str())
    }

    /// The metrics that an alarm sums up.
    fn summed(&self, alarm: &str) -> impl Iterator<Item = &Value> {
        let metrics = self.resource(alarm)["Properties"]["Metrics"].as_array().into_iter().flatten();
        metrics.filter(|it| it["MetricStat"].is_object())
    }

    fn is_on_dashboard(&self, function: &Function) -> bool {
        let body = &self.resource("Dashboard")["Properties"]["DashboardBody"]["Fn::Sub"];
        let body: Value = body.as_str().and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default();
        let id = format!("${{{}Function}}", function.logical);
        ["Errors", "Throttles", "Duration", "Invocations"].into_iter().all(|name| {
            let widgets = body["widgets"].as_array().into_iter().flatten();
            let mut shown =
                widgets.flat_map(|it| it["properties"]["metrics"].as_array().into_iter().flatten());
            shown.any(|it| it[0] == "AWS/Lambda" && it[1] == name && it[3] == id.as_str())
        })
    }

    /// Whether its log is read by every query that reads more than one.
    fn is_in_queries(&self, function: &Function) -> bool {
        let resources = self.template["Resources"].as_object().into_iter().flatten();
        let mut queries = resources
            .filter(|(_, it)| it["Type"] == "AWS::Logs::QueryDefinition")
            .map(|(_, it)| &it["Properties"]["LogGroupNames"])
            .filter(|groups| groups.as_array().is_some_and(|groups| groups.len() > 1));
        queries.all(|groups| among(groups, &format!("{}Logs", function.logical)))
    }

    fn is_known(&self, whom: Whom, function: &Function) -> bool {
        let answers = function.is_webhook || self.events(function).any(|event| event["Type"] == "HttpApi");
        match whom {
            Whom::Every => true,
            Whom::Webhooks => function.is_webhook,
            Whom::Others => !function.is_webhook,
            Whom::Answering => answers,
            Whom::Working => !answers,
        }
    }
}

/// Whether a text is `wanted`, or a list has it.
fn among(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(all) => all.iter().any(|it| it == wanted),
        one => one == wanted,
    }
}

/// A file of the workspace; empty, if it is not there.
fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_default()
}

fn says(file: &str, function: &Function, wanted: &str) -> bool {
    text(&function.fill(file)).contains(&function.fill(wanted))
}

const PLACES: &[Place] = &[
    Place {
        file: "Cargo.toml",
        part: "[workspace.dependencies]",
        knows: Whom::Every,
        cure: "add `NAME = { path = \"functions/NAME\" }`",
        has: |_, it| says("Cargo.toml", it, "\nNAME = { path = \"functions/NAME\" }\n"),
    },
    Place {
        file: "functions/NAME/Cargo.toml",
        part: "[package]",
        knows: Whom::Every,
        cure: "add `build = \"../build.rs\"`, which links it at fixed addresses",
        has: |_, it| says("functions/NAME/Cargo.toml", it, "\nbuild = \"../build.rs\"\n"),
    },
    Place {
        file: "template.yaml",
        part: "LOGICALFunction",
        knows: Whom::Every,
        cure: "add the function, with `CodeUri: functions/NAME` and `BuildMethod: rust-cargolambda`",
        has: |house, it| {
            let resource = house.resource(&it.fill("LOGICALFunction"));
            resource["Type"] == "AWS::Serverless::Function"
                && resource["Metadata"]["BuildMethod"] == "rust-cargolambda"
                && resource["Properties"]["CodeUri"] == it.fill("functions/NAME").as_str()
        },
    },
    Place {
        file: "template.yaml",
        part: "LOGICALRole",
        knows: Whom::Every,
        cure: "add a role below the function, with what it calls and nothing else, and to the function \
              `Role: !GetAtt LOGICALRole.Arn`",
        has: |house, it| {
            house.resource(&it.fill("LOGICALRole"))["Type"] == "AWS::IAM::Role"
                && house.function(it)["Role"] == it.fill("LOGICALRole.Arn").as_str()
        },
    },
    Place {
        file: "template.yaml",
        part: "LOGICALLogs",
        knows: Whom::Every,
        cure: "add the log group `/aftertone/${AWS::StackName}/NAME` below the role, to the function \
              `LoggingConfig: { LogGroup: !Ref LOGICALLogs }`, and to the role `logs:CreateLogStream` and \
              `logs:PutLogEvents` on it",
        has: |house, it| {
            let group = &house.resource(&it.fill("LOGICALLogs"))["Properties"]["LogGroupName"];
            let rights = ["logs:CreateLogStream", "logs:PutLogEvents"];
            *group == it.fill("/aftertone/${AWS::StackName}/NAME").as_str()
                && house.function(it)["LoggingConfig"]["LogGroup"] == it.fill("LOGICALLogs").as_str()
                && rights.into_iter().all(|right| house.may(it, right, &it.fill("LOGICALLogs.Arn")))
        },
    },
    Place {
        file: "template.yaml",
        part: "LOGICALFunction's TWILIO_SECRET_ID",
        knows: Whom::Webhooks,
        cure: "add `TWILIO_SECRET_ID: !GetAtt TwilioSecret.Id` to its environment, and to its role \
              `secretsmanager:GetSecretValue` on it: it proves Twilio's signature",
        has: |house, it| {
            house.function(it)["Environment"]["Variables"]["TWILIO_SECRET_ID"] == "TwilioSecret.Id"
                && house.may(it, "secretsmanager:GetSecretValue", "TwilioSecret.Id")
        },
    },
    Place {
        file: "template.yaml",
        part: "LOGICALFunction's Events",
        knows: Whom::Webhooks,
        cure: "add its routes, an `HttpApi` event for POST and one for GET, with `Path: /webhook/NAME`",
        has: |house, it| house.has_route(it, "POST") && house.has_route(it, "GET"),
    },
    Place {
        file: "template.yaml",
        part: "LOGICALFunction's Events",
        knows: Whom::Others,
        cure: "add what calls it",
        has: |house, it| house.events(it).next().is_some(),
    },
    Place {
        file: "template.yaml",
        part: "FunctionErrorAlarm",
        knows: Whom::Answering,
        cure: "add its errors, as `voice` has them: somebody waits for its answer",
        has: |house, it| house.sums("FunctionErrorAlarm", it),
    },
    Place {
        file: "template.yaml",
        part: "ThrottleAlarm",
        knows: Whom::Answering,
        cure: "add its throttles, as `voice` has them",
        has: |house, it| house.sums("ThrottleAlarm", it),
    },
    Place {
        file: "template.yaml",
        part: "WorkerErrorAlarm",
        knows: Whom::Working,
        cure: "add its errors, as `deliver` has them: it works by itself",
        has: |house, it| house.sums("WorkerErrorAlarm", it),
    },
    Place {
        file: "template.yaml",
        part: "Dashboard",
        knows: Whom::Every,
        cure: "add its Errors, Throttles, Duration and Invocations, with `${LOGICALFunction}` as the name of the function",
        has: House::is_on_dashboard,
    },
    Place {
        file: "template.yaml",
        part: "LogGroupNames",
        knows: Whom::Every,
        cure: "add `!Ref LOGICALLogs` to every saved query that reads more than one log",
        has: House::is_in_queries,
    },
    Place {
        file: "tests/alarms/tests/alarms/timeline.rs",
        part: "CALLERS",
        knows: Whom::Answering,
        cure: "add `\"LOGICALFunction\"`, in the order of the template's alarms",
        has: |_, it| says("tests/alarms/tests/alarms/timeline.rs", it, "    \"LOGICALFunction\",\n"),
    },
    Place {
        file: "events/NAME.json",
        part: "a sample event",
        knows: Whom::Every,
        cure: "add a `Sample` in tests/events/src/lib.rs, then `cargo run -p events` writes it",
        has: |_, it| !text(&it.fill("events/NAME.json")).is_empty(),
    },
    Place {
        file: "events/env.json",
        part: "LOGICALFunction",
        knows: Whom::Every,
        cure: "add its variables in tests/events/src/environment.rs, then `cargo run -p events` writes them",
        has: |_, it| says("events/env.json", it, "\n  \"LOGICALFunction\": {"),
    },
    Place {
        file: "tools/local/Cargo.toml",
        part: "[dependencies]",
        knows: Whom::Every,
        cure: "add `NAME.workspace = true`",
        has: |_, it| says("tools/local/Cargo.toml", it, "\nNAME.workspace = true\n"),
    },
    Place {
        file: "tools/local/src/stack.rs",
        part: "fn routes",
        knows: Whom::Webhooks,
        cure: "add its route in the local system, a `webhook_route` with `IDENT::`",
        has: |_, it| says("tools/local/src/stack.rs", it, "webhook_route(routes, gate, IDENT::"),
    },
    Place {
        file: "tools/local/src/stack.rs",
        part: "handle",
        knows: Whom::Others,
        cure: "add what calls `IDENT::handle`, or works off `IDENT::Deps`, in the local system, in place of AWS",
        has: |_, it| {
            let files = ["tools/local/src/stack.rs", "tools/local/src/serve.rs"];
            let calls = ["IDENT::handle(", "worker::handle::<IDENT::Deps>("];
            files.into_iter().any(|file| calls.into_iter().any(|call| says(file, it, call)))
        },
    },
    Place {
        file: "docs/functions.md",
        part: "the list of functions",
        knows: Whom::Every,
        cure: "add a line that says what it is for",
        has: |_, it| says("docs/functions.md", it, "\n| `NAME` | "),
    },
    Place {
        file: "docs/measurements.md",
        part: "the table",
        knows: Whom::Every,
        cure: "add how fast it is, as cold-start prints it",
        has: |_, it| says("docs/measurements.md", it, "\n| NAME | "),
    },
    Place {
        file: "docs/measurements.md",
        part: "To measure it yourself",
        knows: Whom::Every,
        cure: "add `-p NAME`, for cold-start measures all functions",
        has: |_, it| {
            let list = text("docs/measurements.md");
            let words = list.split_whitespace();
            words.clone().zip(words.skip(1)).any(|pair| pair == ("-p", &*it.name))
        },
    },
    Place {
        file: "docs/architecture.svg",
        part: "the drawing",
        knows: Whom::Every,
        cure: "add its name",
        has: |_, it| {
            let drawing = text("docs/architecture.svg");
            let mut drawn = drawing.split(['<', '>', ',']).map(str::trim);
            drawn.any(|word| word == it.name)
        },
    },
    Place {
        file: "README.md",
        part: "The way of a call",
        knows: Whom::Webhooks,
        cure: "add `/webhook/NAME`, and what is asked there",
        has: |_, it| says("README.md", it, " /webhook/NAME "),
    },
];

/// Where a function was forgotten: a sentence for each place.
pub fn forgotten(house: &House, function: &Function) -> Vec<String> {
    let places = PLACES.iter().filter(|place| house.is_known(place.knows, function));
    let missing = places.filter(|place| !(place.has)(house, function));
    missing
        .map(|Place { file, part, cure, .. }| {
            function.fill(&format!("`NAME` is missing in {file}, {part}: {cure}"))
        })
        .collect()
}

/// What docs/cost.md counts otherwise than the template: alarms are paid by their metrics.
pub fn miscounted(house: &House) -> Vec<String> {
    let sums = ["FunctionErrorAlarm", "ThrottleAlarm", "WorkerErrorAlarm"];
    let sums = sums.map(|alarm| house.summed(alarm).count().to_string()).join(" + ");
    let resources = house.template["Resources"].as_object().into_iter().flatten();
    let alarms = resources.filter(|(_, it)| it["Type"] == "AWS::CloudWatch::Alarm");
    let single = alarms.filter(|(_, it)| it["Properties"]["MetricName"].is_string()).count();
    let rows = [
        ("alarms on sums, priced by their metrics", format!("{sums} metrics")),
        ("alarms on one metric", single.to_string()),
    ];
    let table = text("docs/cost.md");
    let wrong = rows.into_iter().filter(|(row, count)| !table.contains(&format!("| {row} | {count} |")));
    wrong
        .map(|(row, count)| {
            format!(
                "docs/cost.md, {row}: write `{count}`, with what they cost ($0.10 each), and correct what the table \
                 comes to"
            )
        })
        .collect()
}

/// The places that docs/add-a-webhook.md leaves out.
pub fn untold() -> Vec<String> {
    let guide = text("docs/add-a-webhook.md").replace('`', "");
    let example = Function::named("hang-up", true);
    let of_webhooks =
        PLACES.iter().filter(|it| [Whom::Every, Whom::Webhooks, Whom::Answering].contains(&it.knows));
    let names = of_webhooks.flat_map(|it| [it.file, it.part]).map(|name| example.fill(name));
    names
        .filter(|name| !guide.contains(name.as_str()))
        .map(|name| format!("docs/add-a-webhook.md does not say: {name}"))
        .collect()
}
