//! Who does not ring for a while, and for whom they ring nevertheless.

use jiff::Zoned;

use crate::model::{Person, Rule, Until, Who};

impl Person {
    /// Until when they don't ring, if the clock on the file's wall shows this.
    pub fn away(&self, at: &Zoned) -> Option<Until> {
        self.away_until.filter(|until| at.datetime() < until.at)
    }
}

impl Rule {
    /// Whether its calls ring also who is away: it names the list `vip`.
    pub fn rings_the_away(&self) -> bool {
        self.from.iter().any(|term| !term.not && term.what == Who::Listed("vip".to_owned()))
    }
}
