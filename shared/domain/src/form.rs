//! How settings are written: one form for rows, files, flags and JSON, and the table in `docs/settings.md`.
//!
//! A setting is a line in its [`section!`]: its name, its type and what it is for a new number, below what it
//! means. How a value of that type is written says [`SettingValue`], once for each type.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A section of the settings, like `forwarding`.
pub trait Section {
    /// What is written of it: texts, numbers and flags under their settings' names. None is what is left out.
    type Form: Default + Serialize + DeserializeOwned;

    /// The name under which the form stands.
    const NAME: &'static str;

    /// Its settings, in the order in which people see them.
    const SETTINGS: &'static [Setting];

    /// All of it.
    fn written(&self) -> Self::Form;

    /// Takes what a form says; what it leaves out, or says wrongly, stays as it is.
    #[must_use]
    fn take(&mut self, form: Self::Form) -> Vec<Wrong>;
}

/// What is known of a setting besides its value.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// By which it is written.
    pub name: &'static str,
    /// What it means, in lines: the first paragraph is for whoever sets it, others for whoever reads the code.
    pub meaning: &'static [&'static str],
    /// What goes for a new number, where the value alone does not say it.
    pub default: Option<&'static str>,
}

/// What a form says that can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong with its value.
    pub why: String,
}

/// A value of a setting.
pub trait SettingValue: Sized {
    /// What is written of it.
    type Form;

    /// None is left out.
    fn written(&self) -> Option<Self::Form>;

    /// # Errors
    /// Why it can't be.
    fn read(form: Self::Form) -> Result<Self, String>;
}

/// A [`Section`] and its form. After `=` stands what a setting is for a new number, after `=>` that in words
/// where nothing, or an empty list, would not say it; after `as` the name by which it is written, where that
/// is another.
macro_rules! section {
    (
        $section:literal written as $Form:ident $(from $at:ident($given:ident: $Given:ty))?:
        $(#[$about:meta])*
        pub struct $Section:ident {
            $(
                $(#[doc = $meaning:literal])+
                $setting:ident $(as $name:literal)?: $Value:ty = $default:expr $(=> $words:literal)?,
            )+
        }
    ) => {
        $(#[$about])*
        pub struct $Section {
            $( $(#[doc = $meaning])+ pub $setting: $Value, )+
        }

        #[doc = concat!("What is written of a [`", stringify!($Section), "`].")]
        #[derive(Clone, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $Form {
            $(
                $(#[doc = $meaning])+
                $(#[serde(rename = $name)])?
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $setting: Option<<$Value as crate::form::SettingValue>::Form>,
            )+
        }

        /// Whose numbers and addresses it says is not for a log.
        impl std::fmt::Debug for $Form {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($Form)).finish_non_exhaustive()
            }
        }

        impl crate::form::Section for $Section {
            type Form = $Form;

            const NAME: &'static str = $section;

            const SETTINGS: &'static [crate::form::Setting] = &[$(
                crate::form::Setting {
                    name: crate::form::section!(@name $($name)? $setting),
                    meaning: &[$($meaning),+],
                    default: crate::form::section!(@words $($words)?),
                },
            )+];

            fn written(&self) -> $Form {
                $Form { $( $setting: crate::form::SettingValue::written(&self.$setting), )+ }
            }

            fn take(&mut self, form: $Form) -> Vec<crate::form::Wrong> {
                let mut wrong = Vec::new();
                $(
                    match form.$setting.map(crate::form::SettingValue::read).transpose() {
                        Ok(None) => {}
                        Ok(Some(value)) => self.$setting = value,
                        Err(why) => wrong.push(crate::form::Wrong {
                            setting: crate::form::section!(@name $($name)? $setting),
                            why,
                        }),
                    }
                )+
                wrong
            }
        }

        crate::form::section!(@new $Section [$($at $given $Given)?] { $($setting: $default,)+ });
    };
    (@name $setting:ident) => { stringify!($setting) };
    (@name $name:literal $setting:ident) => { $name };
    (@words) => { None };
    (@words $words:literal) => { Some($words) };
    (@new $Section:ident [] $defaults:tt) => {
        /// As for a new number.
        impl Default for $Section {
            fn default() -> Self {
                Self $defaults
            }
        }
    };
    (@new $Section:ident [$at:ident $given:ident $Given:ty] $defaults:tt) => {
        impl $Section {
            /// As for a new number, of which only this is known.
            pub fn $at($given: $Given) -> Self {
                Self $defaults
            }
        }
    };
}

pub(crate) use section;
