//! Waiting for the time, or for something that another thread says.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use super::Reactor;
use super::clock::nanos;
use super::reactor::EARLY_NS;

impl Reactor {
    /// Waits until a time of the run's clock, to the precision of the pacer; returns at once when it has passed.
    pub async fn wait_until(&self, at_ns: u64) {
        self.wait_until_or(at_ns, || false).await;
    }

    /// Waits until a time, or until `over` says so: `false` then. What `over` looks at changes on another thread, which must
    /// wake this loop, or by a task of this one that calls [`Reactor::poll_all`].
    pub async fn wait_until_or(&self, at_ns: u64, over: impl Fn() -> bool) -> bool {
        let mut asked = false;
        poll_fn(|_| {
            if over() {
                return Poll::Ready(false);
            }
            // The last reading may be some µs old; a new one is worth its 25 ns only where it can change the answer.
            if self.seen_ns() >= at_ns || self.now_ns() >= at_ns {
                return Poll::Ready(true);
            }
            if at_ns - self.seen_ns() <= EARLY_NS {
                while self.now_ns() < at_ns {
                    std::hint::spin_loop();
                }
                return Poll::Ready(true);
            }
            if !asked {
                asked = true;
                self.at(at_ns);
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until `done` says so. See [`Reactor::wait_until_or`] for who makes it look.
    pub async fn until(&self, done: impl Fn() -> bool) {
        poll_fn(|_| if done() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Lets time pass.
    pub async fn sleep(&self, length: Duration) {
        self.wait_until(self.now_ns().saturating_add(nanos(length))).await;
    }

    /// Ends a future when the time has come: `None` then.
    pub async fn within<T>(&self, length: Duration, future: impl Future<Output = T>) -> Option<T> {
        let mut future = std::pin::pin!(future);
        let mut limit = std::pin::pin!(self.sleep(length));
        poll_fn(|context| {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            limit.as_mut().poll(context).map(|()| None)
        })
        .await
    }
}
