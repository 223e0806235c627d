//! The reference in `docs/phone-file.md`, from the tables by which files are read.

use std::fmt::Write as _;

use crate::keys::{EXPECTATION, Form, Key, RUNG, TABLES, Table};
use crate::numbers::PREMIUM;

/// A part for each table, in Markdown.
pub fn reference() -> String {
    let mut all = String::new();
    for table in TABLES.into_iter().chain([&RUNG, &EXPECTATION]) {
        let _ = write!(all, "### {}\n\n{}\n\n", title(table), table.about);
        let _ = writeln!(all, "| | written as | unsaid | meaning |\n|---|---|---|---|");
        for Key { name, form, unsaid, meaning } in table.keys {
            let _ = writeln!(all, "| `{name}` | {} | {unsaid} | {meaning} |", written(form));
        }
        if let Some(Key { name, form, unsaid, meaning }) = table.others {
            let _ = writeln!(all, "| {name} | {} | {unsaid} | {meaning} |", written(form));
        }
        all.push('\n');
    }
    all
}

/// The numbers that nothing may call, in Markdown.
pub fn refused_numbers() -> String {
    let mut all = "| begins with | where |\n|---|---|\n".to_owned();
    let mut rest: &[(&str, &str)] = &PREMIUM;
    while let Some((_, country)) = rest.first() {
        let same = rest.iter().take_while(|(_, it)| it == country).count();
        let prefixes: Vec<String> = rest[..same].iter().map(|(prefix, _)| format!("`{prefix}`")).collect();
        let _ = writeln!(all, "| {} | {country} |", prefixes.join(" "));
        rest = &rest[same..];
    }
    all
}

fn title(table: &Table) -> String {
    match table.name {
        "file" => "The file".to_owned(),
        "person" => "A person, in `people`".to_owned(),
        "entry" => "A caller, in `lists`".to_owned(),
        "words" => "Words, in `prompts` and wherever something is said".to_owned(),
        "menu" => "A menu, in `menus`".to_owned(),
        "option" => "A key of a menu".to_owned(),
        "action" => "An action, in `plans` and behind `do`".to_owned(),
        "rung" => "Who rings later, in `ring`".to_owned(),
        "rule" => "A rule, in `calls`".to_owned(),
        "expect" => "An expectation, in `expect`".to_owned(),
        name => format!("`{name}`"),
    }
}

fn written(form: &Form) -> String {
    match form {
        Form::Text => "a text".to_owned(),
        Form::Number => "a number: `\"+14155550101\"`".to_owned(),
        Form::Email => "an e-mail address".to_owned(),
        Form::Language => "a language".to_owned(),
        Form::Duration => "a time: `40s` `5m` `1h`".to_owned(),
        Form::Days => "`30 days` or `forever`".to_owned(),
        Form::Flag => "`yes` or `no`".to_owned(),
        Form::Count => "a number".to_owned(),
        Form::Choice(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" "),
        Form::Name(section) => format!("a name of `{section}`"),
        Form::Plan => "a plan".to_owned(),
        Form::Words => "words".to_owned(),
        Form::Some(form) => format!("{}; several in brackets", written(form)),
        Form::List(form) => format!("a list: {}", written(form)),
        Form::Either(forms) => forms.iter().map(written).collect::<Vec<_>>().join(", or "),
        Form::Named(form) => match **form {
            Form::Any => "names, and their lines".to_owned(),
            _ => format!("names; for each {}", written(form)),
        },
        Form::Map(table) => match table.name {
            "person" | "entry" | "menu" | "rule" | "rung" | "option" => {
                format!("a {}", table.name).replace("a entry", "an entry").replace("a option", "an option")
            }
            "expect" => "an expectation".to_owned(),
            _ => "see below".to_owned(),
        },
        Form::Any => "see there".to_owned(),
        Form::Nothing => "nothing".to_owned(),
    }
}
