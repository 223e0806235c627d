//! What a dialling call wants of its legs.

use tokio::sync::watch;

/// What the dialling call wants of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Ring, and wait to be bridged.
    Ring,
    /// Stop: somebody else answered, or the caller is gone.
    CallOff,
    /// Talk.
    Bridge,
    /// The conversation is over.
    HangUp,
}

/// The leg's end of its orders.
#[derive(Clone)]
pub(super) struct Orders(watch::Receiver<Order>);

impl Orders {
    pub(super) fn channel() -> (watch::Sender<Order>, Self) {
        let (sender, receiver) = watch::channel(Order::Ring);
        (sender, Self(receiver))
    }

    /// Resolves when the leg is no longer wanted, or its call is gone.
    pub(super) async fn called_off(&mut self) {
        // An error means that the dialling call is gone.
        let _ = self.0.wait_for(|order| matches!(order, Order::CallOff | Order::HangUp)).await;
    }

    /// Resolves when there is anything to do but ring.
    pub(super) async fn next(&mut self) -> Order {
        match self.0.wait_for(|order| *order != Order::Ring).await {
            Ok(order) => *order,
            Err(_) => Order::CallOff,
        }
    }
}
