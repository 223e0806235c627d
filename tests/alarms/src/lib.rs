//! Whether the alarms of `template.yaml` ring when they should, once, and stop.
//!
//! No alarm of this project was ever rung on AWS. What stands in for that is what CloudWatch's
//! documentation says of how an alarm comes to its state, played over what the metrics really do:
//! when they have points, and when they have none.
//!
//! - [`evaluation`]: CloudWatch's rules.
//! - [`template`]: the alarms, as the template has them.

pub mod evaluation;
pub mod template;
