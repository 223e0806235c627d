//! Public holidays of a country, by rule.

/// A country whose public holidays are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolidayTable {
    /// The federal holidays of the United States.
    UnitedStates,
    /// The bank holidays of England.
    England,
    /// The holidays that all of Germany has.
    Germany,
    /// The holidays of metropolitan France.
    France,
}

impl HolidayTable {
    /// Every table.
    pub const ALL: [Self; 4] = [Self::UnitedStates, Self::England, Self::Germany, Self::France];

    /// By which lines name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnitedStates => "us",
            Self::England => "gb",
            Self::Germany => "de",
            Self::France => "fr",
        }
    }
}
