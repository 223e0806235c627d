//! Commands in what is told can be pasted as they are: they mean the system that this one meant.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use crate::arguments::{DEFAULT_FOLDER, DEFAULT_STACK, Which};

/// What is added to commands, after their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Additions {
    aftertone: String,
    aws: String,
    deploy: String,
    serve: String,
}

static ADDITIONS: OnceLock<Additions> = OnceLock::new();

/// From now on commands mean this system.
pub(crate) fn mean(which: &Which) {
    // There is one command line in a process.
    let _ = ADDITIONS.set(Additions::of(which));
}

/// A text whose commands, which stand in backticks, can be pasted.
pub(crate) fn pasteable(text: &str) -> String {
    match ADDITIONS.get() {
        Some(additions) => additions.to(text),
        None => text.to_owned(),
    }
}

impl Additions {
    fn of(which: &Which) -> Self {
        let mut additions = Self::default();
        if let Some(folder) = &which.local {
            if folder == Path::new(DEFAULT_FOLDER) {
                additions.aftertone.push_str(" --local");
            } else {
                let folder = quoted(&folder.to_string_lossy());
                let _ = write!(additions.aftertone, " --local={folder}");
                additions.serve = format!(" --data {folder}");
            }
        }
        if which.stack != DEFAULT_STACK {
            let stack = quoted(&which.stack);
            let _ = write!(additions.aftertone, " --stack {stack}");
            let _ = write!(additions.deploy, " --stack-name {stack}");
        }
        if let Some(profile) = &which.profile {
            let profile = format!(" --profile {}", quoted(profile));
            for command in [&mut additions.aftertone, &mut additions.aws, &mut additions.deploy] {
                command.push_str(&profile);
            }
        }
        if let Some(region) = &which.aws_region {
            let region = quoted(region);
            let _ = write!(additions.aftertone, " --aws-region {region}");
            for command in [&mut additions.aws, &mut additions.deploy] {
                let _ = write!(command, " --region {region}");
            }
        }
        additions
    }

    fn to(&self, text: &str) -> String {
        let commands = [
            ("`aftertone", &self.aftertone),
            ("`aws", &self.aws),
            ("`sam deploy", &self.deploy),
            ("`cargo run -- serve", &self.serve),
        ];
        commands.into_iter().filter(|(_, addition)| !addition.is_empty()).fold(
            text.to_owned(),
            |text, (command, addition)| {
                [" ", "`"].into_iter().fold(text, |text, end| {
                    text.replace(&format!("{command}{end}"), &format!("{command}{addition}{end}"))
                })
            },
        )
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn which() -> Which {
        Which { stack: DEFAULT_STACK.to_owned(), local: None, profile: None, aws_region: None }
    }

    fn told(which: &Which) -> String {
        let text = "see `aftertone doctor`, `aws sso login` or `sam deploy`, or `cargo run -- serve`";
        Additions::of(which).to(text)
    }

    #[test]
    fn hints_keep_the_options_that_say_which_system_is_meant() {
        let plain = "see `aftertone doctor`, `aws sso login` or `sam deploy`, or `cargo run -- serve`";
        assert_eq!(told(&which()), plain);
        let local = |folder: &str| told(&Which { local: Some(folder.into()), ..which() });
        assert_eq!(
            local(DEFAULT_FOLDER),
            "see `aftertone --local doctor`, `aws sso login` or `sam deploy`, or `cargo run -- serve`"
        );
        assert_eq!(
            local("my data"),
            "see `aftertone --local='my data' doctor`, `aws sso login` or `sam deploy`, \
             or `cargo run -- serve --data 'my data'`"
        );
        let far = Which {
            stack: "second".to_owned(),
            profile: Some("work".to_owned()),
            aws_region: Some("eu-central-1".to_owned()),
            ..which()
        };
        assert_eq!(
            told(&far),
            "see `aftertone --stack second --profile work --aws-region eu-central-1 doctor`, \
             `aws --profile work --region eu-central-1 sso login` or \
             `sam deploy --stack-name second --profile work --region eu-central-1`, or `cargo run -- serve`"
        );
    }

    #[test]
    fn a_word_is_quoted_where_a_shell_would_take_it_apart() {
        for (word, safe) in [("here/x.y", "here/x.y"), ("it's", r"'it'\''s'"), ("a b", "'a b'"), ("", "''")] {
            assert_eq!(quoted(word), safe);
        }
    }
}
