//! Names of values, as rows and people know them.

/// The names of an enum's values, which are all in the list, or it is not compiled.
macro_rules! names {
    ($type:ident { $($variant:ident $(($($part:path),+))? = $name:literal,)+ }) => {
        impl $type {
            /// As rows and people know it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant $(($($part),+))? => $name,)+
                }
            }

            /// The one of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant $(($($part),+))?),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use names;

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro is for types that other rooms see")]
mod tests {
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Light {
        Off,
        On(Colour, Pace),
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Colour {
        Red,
        Green,
    }

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Pace {
        Steady,
    }

    names! {
        Light {
            Off = "off",
            On(Colour::Red, Pace::Steady) = "red",
            On(Colour::Green, Pace::Steady) = "green",
        }
    }

    #[test]
    fn a_value_is_known_by_its_name_and_by_no_other() {
        let red = Light::On(Colour::Red, Pace::Steady);
        let green = Light::On(Colour::Green, Pace::Steady);
        for (value, name) in [(Light::Off, "off"), (red, "red"), (green, "green")] {
            assert_eq!((value.name(), Light::named(name)), (name, Some(value)));
        }
        assert_eq!(Light::named("blue"), None);
    }
}
