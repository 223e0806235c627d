//! The rooms: each of our crates, and which others it may know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate under `shared/`.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Its name, which is that of its folder.
    pub name: &'static str,
    /// The rooms that it may know.
    pub knows: &'static [&'static str],
    /// What it is, and where code belongs that wants to know more.
    pub belongs: &'static str,
}

const fn room(name: &'static str, knows: &'static [&'static str], belongs: &'static str) -> Room {
    Room { name, knows, belongs }
}

/// The rooms, from the ground up. Functions may know all of them, and none another; tools and tests
/// may know everything.
pub const ROOMS: &[Room] = &[
    room("phone", &[], "has values; what is known about them belongs in `domain`"),
    room("twiml", &[], "has documents as Twilio reads them; which to answer is decided in `callflow`"),
    room("signature", &[], "proves bytes; what they say is read in `webhook`"),
    room("link", &["phone"], "signs a link; what it leads to belongs in `pages` or a function"),
    room(
        "hours",
        &[],
        "answers when somebody is open; who is told belongs in `callflow`, in which words in `texts`",
    ),
    room(
        "domain",
        &["phone"],
        "has types and names; rows belong in `store`, words in `texts`, decisions in `callflow` and `lifecycle`",
    ),
    room(
        "texts",
        &["domain", "phone"],
        "has words; what is said when belongs in `callflow`, `delivery` or `pages`",
    ),
    room(
        "phonefile",
        &["domain", "hours", "phone"],
        "reads what an owner wrote; what is answered by it belongs in `callflow`, in which words in `texts`",
    ),
    room(
        "callflow",
        &["domain", "hours", "live", "phone", "phonefile", "texts", "twiml"],
        "decides over plain data; what fetches or writes belongs in the function that asks it",
    ),
    room(
        "lifecycle",
        &["domain", "phone"],
        "decides over plain data; the steps themselves belong in `delivery`",
    ),
    room(
        "live",
        &["domain", "phone"],
        "decides over plain data; rows belong in `store`, what is asked of Twilio in a function",
    ),
    room("runtime", &[], "is under every function; what knows calls or voicemails belongs higher"),
    room(
        "endpoint",
        &["runtime"],
        "sends bytes to programs; what they say and when belongs in `live`, doing it in a function",
    ),
    room("aws", &["runtime"], "has AWS's clients; what is asked of them belongs in `store` or `delivery`"),
    room(
        "twilio",
        &["aws", "domain", "phone", "runtime", "signature"],
        "is Twilio's REST API; what is done with it belongs in `delivery` or a function",
    ),
    room(
        "store",
        &["aws", "domain", "live", "phone", "phonefile", "runtime"],
        "reads and writes rows; what follows from them belongs in `lifecycle` or `callflow`, doing it in `delivery`",
    ),
    room(
        "api",
        &["aws", "domain", "live", "phone", "runtime", "store"],
        "is the door for programs; what is behind it belongs in the functions",
    ),
    room(
        "delivery",
        &["aws", "domain", "lifecycle", "link", "phone", "runtime", "store", "texts", "twilio"],
        "takes voicemails to their owners; what a caller is answered belongs in `callflow`",
    ),
    room(
        "pages",
        &["domain", "lifecycle", "phone", "texts"],
        "writes pages; what they need is fetched by the function that serves them",
    ),
    room(
        "steering",
        &["callflow", "domain", "live", "phone", "phonefile", "runtime", "store"],
        "leads a call from one webhook to the next; what is answered is decided in `callflow`, how rows are written \
         belongs in `store`",
    ),
    room(
        "worker",
        &["aws", "runtime"],
        "has queues and the schedule wake a function; what is due about a call, and doing it, belongs in that function",
    ),
    room(
        "webhook",
        &[
            "aws",
            "callflow",
            "domain",
            "phone",
            "runtime",
            "signature",
            "steering",
            "store",
            "twilio",
            "twiml",
        ],
        "is Twilio's door; what is behind it belongs in the functions",
    ),
];

/// Rooms that compile without AWS's SDKs, tokio and hyper, and read no clock: `now` is an argument.
pub const PURE: [&str; 12] = [
    "phone",
    "twiml",
    "signature",
    "link",
    "hours",
    "domain",
    "texts",
    "phonefile",
    "callflow",
    "lifecycle",
    "live",
    "pages",
];

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What its own code needs, without what only its tests do.
    pub needs: BTreeSet<String>,
}

impl Package {
    /// `shared`, `functions`, `tools` or `tests`.
    pub fn floor(&self) -> &str {
        let floor = self.folder.parent().and_then(Path::file_name);
        floor.and_then(|floor| floor.to_str()).unwrap_or_default()
    }
}

/// The root of the workspace.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// What cargo prints.
///
/// # Panics
/// When it fails.
pub fn cargo(arguments: &[&str]) -> String {
    // Who builds all crates with the features that any wants asks for the same of what is shown.
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root())
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        failed => unreadable(&format!("cargo {arguments:?}: {failed:?}")),
    }
}

/// The crates of the workspace, by their manifests.
///
/// # Panics
/// When cargo can't read them.
pub fn packages() -> Vec<Package> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked"]);
    let metadata: Value =
        serde_json::from_str(&metadata).unwrap_or_else(|error| unreadable(&error.to_string()));
    let texts = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages
        .map(|package| Package {
            name: texts(&package["name"]),
            folder: Path::new(&texts(&package["manifest_path"])).parent().unwrap_or(root()).to_owned(),
            needs: package["dependencies"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|needed| needed["kind"].is_null())
                .map(|needed| texts(&needed["name"]))
                .collect(),
        })
        .collect()
}

/// What is wrong with the arrows between crates: a sentence for each.
pub fn forbidden(packages: &[Package]) -> Vec<String> {
    let rooms: BTreeMap<&str, &Room> = ROOMS.iter().map(|room| (room.name, room)).collect();
    let floors: BTreeMap<&str, &str> = packages.iter().map(|it| (&*it.name, it.floor())).collect();
    let mut wrong = Vec::new();
    for Package { name, needs, .. } in packages {
        let ours = needs.iter().filter_map(|it| Some((&**it, *floors.get(&**it)?)));
        match floors.get(&**name).copied().unwrap_or_default() {
            "shared" => {
                let Some(room) = rooms.get(&**name) else {
                    wrong.push(format!("`{name}` stands under shared/ and not in the table of rooms"));
                    continue;
                };
                wrong.extend(ours.filter(|(it, _)| !room.knows.contains(it)).map(|(it, _)| {
                    format!("`{name}` may not know `{it}`: it {}", room.belongs)
                }));
            }
            "functions" => wrong.extend(ours.filter(|(_, floor)| *floor != "shared").map(|(it, _)| {
                format!("the function `{name}` may not know `{it}`: what both need belongs in a room under shared/")
            })),
            _ => {}
        }
    }
    let names: BTreeSet<&str> = packages.iter().map(|it| &*it.name).collect();
    wrong
        .extend(rooms.keys().filter(|it| !names.contains(**it)).map(|it| format!("there is no room `{it}`")));
    wrong
}

#[expect(clippy::panic, reason = "a test that can't read what it checks has failed")]
fn unreadable(why: &str) -> ! {
    panic!("{why}")
}
