//! One leg of a call, and what every webhook says of it.

use phone::{AccountSid, CallSid};

use crate::Address;
use crate::address::Locality;
// For legs and conferences, which tell a leg's parameters with others.
use crate::params::{Params, push};

/// The direction of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    OutboundDial,
    OutboundApi,
}

impl Direction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundDial => "outbound-dial",
            Self::OutboundApi => "outbound-api",
        }
    }
}

/// What does not change about a leg.
#[derive(Clone, Debug)]
pub(crate) struct LegFacts {
    pub(crate) account_sid: AccountSid,
    pub(crate) sid: CallSid,
    pub(crate) parent: Option<CallSid>,
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) direction: Direction,
    pub(crate) forwarded_from: Option<Address>,
    pub(crate) caller_name: Option<String>,
    pub(crate) stir_verstat: Option<String>,
    pub(crate) call_token: Option<String>,
    pub(crate) application_sid: Option<String>,
}

impl LegFacts {
    /// The parameters that all webhooks of a call share, in alphabetical order.
    pub(crate) fn params(&self, status: &str) -> Params {
        let mut params = Params::new();
        push(&mut params, "AccountSid", self.account_sid.as_str());
        push(&mut params, "ApiVersion", "2010-04-01");
        push(&mut params, "CallSid", self.sid.as_str());
        push(&mut params, "CallStatus", status);
        push(&mut params, "Direction", self.direction.as_str());
        for (name, address) in
            [("Called", &self.to), ("Caller", &self.from), ("From", &self.from), ("To", &self.to)]
        {
            let place = Locality::of(address);
            push(&mut params, name, address.reveal());
            push(&mut params, &format!("{name}City"), place.city);
            push(&mut params, &format!("{name}Country"), place.country);
            push(&mut params, &format!("{name}State"), place.state);
            push(&mut params, &format!("{name}Zip"), place.zip);
        }
        if let Some(parent) = &self.parent {
            push(&mut params, "ParentCallSid", parent.as_str());
        }
        if let Some(forwarded_from) = &self.forwarded_from {
            push(&mut params, "ForwardedFrom", forwarded_from.reveal());
            push(&mut params, "CalledVia", forwarded_from.reveal());
        }
        for (name, value) in [
            ("CallerName", &self.caller_name),
            ("StirVerstat", &self.stir_verstat),
            ("CallToken", &self.call_token),
            ("ApplicationSid", &self.application_sid),
        ] {
            if let Some(value) = value {
                push(&mut params, name, value.as_str());
            }
        }
        params.sort();
        params
    }
}
