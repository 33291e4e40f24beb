//! The loop of one thread: tasks, the times they wait for, and the sockets.
//!
//! A task is a client. What it waits for is written down here, a time or a socket, and when that comes the loop polls the
//! task: no channel, lock or shared atomic lies between a reply and the client that it is for. Wakers work as well, for
//! futures that know nothing of this loop, as long as they are woken on its own thread.

use std::cell::{Cell, RefCell, RefMut};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use arrayvec::ArrayVec;
use mio::{Interest, Token, event::Source};

use super::channel::Channel;
use super::clock::{Clock, Remembered};
use super::outgoing::Outgoing;
use super::pacer::Waiter;
use crate::model::Pacer;

/// So much before its time, ns, a task is polled already: it waits for the rest itself, with all that it needs at hand.
pub(super) const EARLY_NS: u64 = 500;

/// Number of a task in its loop. The future that [`Reactor::block_on`] was given is [`MAIN`].
pub(super) type TaskId = u32;
const MAIN: TaskId = TaskId::MAX;

thread_local! {
    /// Tasks that a waker of this thread asked to be polled.
    static WOKEN: RefCell<Vec<TaskId>> = const { RefCell::new(Vec::new()) };
}

/// The loop of one thread. Clones are the same loop.
#[derive(Clone)]
pub struct Reactor {
    shared: Rc<Shared>,
}

struct Shared {
    clock: Remembered,
    waiter: RefCell<Waiter>,
    tasks: RefCell<Tasks>,
    ready: RefCell<Vec<Ready>>,
    /// What tasks wait for; an entry outlives its reason, and polling a task for nothing does no harm.
    due: RefCell<BinaryHeap<Reverse<(u64, TaskId)>>>,
    sockets: RefCell<Vec<Option<Rc<Channel>>>>,
    /// The task that is being polled.
    current: Cell<TaskId>,
    /// Replies that are overdue are looked for once in so many ns.
    overdue_every_ns: u64,
    overdue_at_ns: Cell<u64>,
    /// What a task that panicked said.
    panic: RefCell<Option<String>>,
    outgoing: RefCell<Outgoing>,
    /// Where replies are read, for all connections of the thread.
    incoming: RefCell<Box<[u8]>>,
}

/// So many sockets are read before whoever waits for them is polled, and so many requests are written before they are handed
/// over. Each of the three runs the same code so many times then, and most of what a request costs is code that has to be
/// fetched anew. A request waits for the others of its turn, some µs, and is recorded with the time at which it left.
const TOGETHER: usize = 16;

/// Room for what comes at once, bytes.
pub(super) const INCOMING_BYTES: usize = 16 << 10;

#[derive(Default)]
struct Tasks {
    /// `None`: it is being polled, or has ended.
    list: Vec<Option<Task>>,
    free: Vec<TaskId>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// Who has something to do.
#[derive(Clone, Copy)]
enum Ready {
    Task(TaskId),
    /// The socket of this number, and then whoever waits for it. The poller tells but once that something came, and whether the
    /// other side has said its last.
    Socket {
        number: usize,
        ended: bool,
    },
}

struct TaskWaker(TaskId);

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        WOKEN.with_borrow_mut(|woken| woken.push(self.0));
    }
}

impl std::fmt::Debug for Reactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reactor").field("now_ns", &self.shared.clock.seen_ns()).finish_non_exhaustive()
    }
}

impl Reactor {
    /// A loop for the calling thread. `overdue_every_ns` is how exactly time-outs of replies are kept.
    ///
    /// # Errors
    /// When the system has no poller or timer left for it.
    pub fn new(clock: Clock, pacer: Pacer, overdue_every_ns: u64) -> io::Result<Reactor> {
        let overdue_every_ns = overdue_every_ns.max(1);
        let begun_ns = clock.now_ns();
        Ok(Reactor {
            shared: Rc::new(Shared {
                clock: Remembered::new(clock),
                waiter: RefCell::new(Waiter::new(pacer)?),
                tasks: RefCell::default(),
                ready: RefCell::default(),
                due: RefCell::default(),
                sockets: RefCell::default(),
                current: Cell::new(MAIN),
                overdue_every_ns,
                overdue_at_ns: Cell::new(begun_ns + overdue_every_ns),
                panic: RefCell::default(),
                outgoing: RefCell::default(),
                incoming: RefCell::new(vec![0; INCOMING_BYTES].into()),
            }),
        })
    }

    /// Now, ns.
    #[inline]
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.shared.clock.now_ns()
    }

    /// The run's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.shared.clock.clock()
    }

    /// The last reading of the clock: a time that has passed. It is never older than what came on a connection and was not
    /// looked at before.
    #[inline]
    #[must_use]
    pub fn seen_ns(&self) -> u64 {
        self.shared.clock.seen_ns()
    }

    /// CPU time that the pacer spent spinning so far, ns.
    #[must_use]
    pub fn spun_ns(&self) -> u64 {
        self.shared.waiter.borrow().spun_ns()
    }

    /// What asks this loop for attention from another thread: all its tasks are polled then.
    #[must_use]
    pub fn waker(&self) -> Arc<mio::Waker> {
        self.shared.waiter.borrow().waker()
    }

    /// What a task that panicked said, once.
    #[must_use]
    pub fn take_panic(&self) -> Option<String> {
        self.shared.panic.borrow_mut().take()
    }

    /// Runs a future beside the others of this thread. It is dropped with the loop if it has not ended.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let mut tasks = self.shared.tasks.borrow_mut();
        let id = tasks.free.pop().unwrap_or_else(|| {
            let id = TaskId::try_from(tasks.list.len()).expect("tasks are counted in u32");
            tasks.list.push(None);
            id
        });
        let waker = Waker::from(Arc::new(TaskWaker(id)));
        tasks.list[id as usize] = Some(Task { future: Box::pin(future), waker });
        self.shared.ready.borrow_mut().push(Ready::Task(id));
    }

    /// Drops all tasks, wherever they are.
    pub fn clear(&self) {
        let tasks = std::mem::take(&mut *self.shared.tasks.borrow_mut());
        // Dropped while nothing is borrowed: a client's last words may need the loop.
        drop(tasks);
    }

    /// Polls all tasks in the next turn: something changed that some of them may wait for.
    pub fn poll_all(&self) {
        let tasks = self.shared.tasks.borrow().list.len();
        let mut ready = self.shared.ready.borrow_mut();
        ready.extend((0..tasks).filter_map(|id| TaskId::try_from(id).ok()).map(Ready::Task));
        ready.push(Ready::Task(MAIN));
    }

    /// The current task is polled when the time has come, or before.
    pub(super) fn at(&self, at_ns: u64) {
        self.shared.due.borrow_mut().push(Reverse((at_ns, self.shared.current.get())));
    }

    /// The current task is polled when something came on this connection, or when the reply is overdue.
    #[inline]
    pub(super) fn await_reply(&self, channel: &Channel, overdue_ns: u64) {
        channel.awaited_by(self.shared.current.get(), overdue_ns);
    }

    /// Polls whoever waits for this connection in the next turn.
    pub(super) fn wake(&self, channel: &Channel) {
        let tasks = std::iter::from_fn(|| channel.next_task());
        self.shared.ready.borrow_mut().extend(tasks.map(Ready::Task));
    }

    /// Writes what goes out on a connection when the current task, and those polled with it, wait.
    #[inline]
    pub(super) fn write(&self, channel: &Rc<Channel>, write: impl FnOnce(&mut Vec<u8>)) {
        self.shared.outgoing.borrow_mut().write(channel, write);
    }

    /// Gives the system what was written.
    #[inline]
    pub(super) fn hand_over(&self) {
        self.shared.outgoing.borrow_mut().hand_over(self);
    }

    /// Where connections read what has come, [`INCOMING_BYTES`] at once.
    #[inline]
    pub(super) fn incoming(&self) -> RefMut<'_, Box<[u8]>> {
        self.shared.incoming.borrow_mut()
    }

    /// Watches a socket from now on.
    pub(super) fn watch(&self, channel: &Rc<Channel>) -> io::Result<()> {
        let mut sockets = self.shared.sockets.borrow_mut();
        let number = sockets.iter().position(Option::is_none).unwrap_or(sockets.len());
        let mut state = channel.state();
        if let Some(mut source) = state.source() {
            // For the time of connecting it is also asked when it can be written.
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.shared.waiter.borrow().registry().register(&mut source, Token(number), interest)?;
        }
        state.watched_as(number);
        if number == sockets.len() {
            sockets.push(None);
        }
        sockets[number] = Some(Rc::clone(channel));
        Ok(())
    }

    /// Also says when the socket can be written, or no more. A unix socket can be written again after each request that the
    /// server reads, so that asking without need wakes the loop twice an operation.
    pub(super) fn interest(&self, source: &mut impl Source, number: usize, writable: bool) -> io::Result<()> {
        let interest = if writable { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.shared.waiter.borrow().registry().reregister(source, Token(number), interest)
    }

    /// Watches a socket no more.
    pub(super) fn forget(&self, source: &mut impl Source, number: usize) {
        // It is about to be closed, which ends the watching, too.
        let _ = self.shared.waiter.borrow().registry().deregister(source);
        self.shared.sockets.borrow_mut()[number] = None;
    }

    /// Runs the loop until the future has ended.
    ///
    /// # Errors
    /// When the system's poller fails.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> io::Result<T> {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(TaskWaker(MAIN)));
        let mut context = Context::from_waker(&waker);
        let mut batch = Vec::new();
        self.shared.ready.borrow_mut().push(Ready::Task(MAIN));
        loop {
            std::mem::swap(&mut batch, &mut self.shared.ready.borrow_mut());
            let mut at = 0;
            while let Some(ready) = batch.get(at) {
                self.poll_due();
                match ready {
                    Ready::Socket { .. } => at += self.serve(&batch[at..]),
                    Ready::Task(MAIN) => {
                        at += 1;
                        self.shared.current.set(MAIN);
                        let polled = future.as_mut().poll(&mut context);
                        self.hand_over();
                        if let Poll::Ready(value) = polled {
                            // What came to others is not told again.
                            self.shared.ready.borrow_mut().splice(0..0, batch.drain(at..));
                            return Ok(value);
                        }
                    }
                    Ready::Task(task) => {
                        at += 1;
                        self.poll(*task);
                        self.hand_over();
                    }
                }
            }
            batch.clear();
            self.poll_due();
            self.take_woken();
            self.turn()?;
        }
    }

    fn take_woken(&self) {
        WOKEN.with_borrow_mut(|woken| self.shared.ready.borrow_mut().extend(woken.drain(..).map(Ready::Task)));
    }

    /// Reads what has come on the next sockets, polls whoever waits for that, and hands over what they ask; how many sockets.
    #[inline]
    fn serve(&self, ready: &[Ready]) -> usize {
        let mut served: ArrayVec<Option<Rc<Channel>>, TOGETHER> = ArrayVec::new();
        for ready in ready.iter().take(TOGETHER) {
            let Ready::Socket { number, ended } = *ready else { break };
            let channel = self.shared.sockets.borrow().get(number).and_then(Option::clone);
            if let Some(channel) = &channel {
                channel.receive(self, ended);
            }
            served.push(channel);
        }
        // One reading for all of them: what they got had come by now.
        self.shared.clock.now_ns();
        for channel in served.iter().flatten() {
            // Those who wait again are not polled again for what came now.
            for _ in 0..channel.awaiting() {
                match channel.next_task() {
                    Some(MAIN) => self.shared.ready.borrow_mut().push(Ready::Task(MAIN)),
                    Some(task) => self.poll(task),
                    None => break,
                }
            }
            self.poll_due();
        }
        self.hand_over();
        served.len()
    }

    /// Polls whose time has come by the last reading of the clock: a long batch of replies must not make them late, nor must the
    /// requests that wait for others.
    #[inline]
    fn poll_due(&self) {
        loop {
            let task = {
                let mut due = self.shared.due.borrow_mut();
                match due.peek() {
                    Some(Reverse((at_ns, task))) if at_ns.saturating_sub(EARLY_NS) <= self.shared.clock.seen_ns() => {
                        let task = *task;
                        due.pop();
                        task
                    }
                    _ => return,
                }
            };
            if task == MAIN {
                self.shared.ready.borrow_mut().push(Ready::Task(MAIN));
                continue;
            }
            let waiting = self.shared.outgoing.borrow().len();
            self.poll(task);
            self.shared.outgoing.borrow_mut().overtake(waiting, self);
        }
    }

    /// Looks at sockets and the time; waits for them if nothing else is to be done.
    fn turn(&self) -> io::Result<()> {
        let shared = &*self.shared;
        let mut ready = shared.ready.borrow_mut();
        let idle = ready.is_empty();
        let sockets = shared.sockets.borrow();
        let passes = shared.clock.clock().virtual_time().filter(|_| idle);
        let awaited = || sockets.iter().flatten().filter_map(|socket| socket.awaited_until_ns()).min();
        let awaited_ns = passes.and_then(|_| awaited());
        if awaited_ns.is_some_and(|at_ns| at_ns <= shared.clock.seen_ns()) {
            // That may have been for an earlier reply: whoever waits says anew until when.
            self.look_for_overdue(&mut ready);
            return Ok(());
        }
        let mut on_event = |event: &mio::event::Event| {
            ready.push(Ready::Socket { number: event.token().0, ended: event.is_read_closed() });
        };
        let mut waiter = shared.waiter.borrow_mut();
        let due_ns = || shared.due.borrow().peek().map(|Reverse((at_ns, _))| *at_ns);
        let ended = match (idle, passes) {
            (false, _) => waiter.look(&mut on_event)?,
            (true, None) => {
                let due_ns = due_ns().map(|at_ns| at_ns.saturating_sub(EARLY_NS));
                waiter.wait(&shared.clock, due_ns, Some(shared.overdue_at_ns.get()), &mut on_event)?
            }
            (true, Some(time)) => {
                time.pass(&mut waiter, shared.clock.seen_ns(), due_ns(), awaited_ns, &mut on_event)?
            }
        };
        drop((waiter, sockets));
        if shared.clock.now_ns() >= shared.overdue_at_ns.get() {
            self.look_for_overdue(&mut ready);
        }
        drop(ready);
        if ended.woken {
            self.poll_all();
        }
        Ok(())
    }

    fn look_for_overdue(&self, ready: &mut Vec<Ready>) {
        let now_ns = self.shared.clock.seen_ns();
        self.shared.overdue_at_ns.set(now_ns + self.shared.overdue_every_ns);
        for socket in self.shared.sockets.borrow().iter().flatten() {
            if socket.is_overdue(now_ns) {
                ready.extend(std::iter::from_fn(|| socket.next_task()).map(Ready::Task));
            }
        }
    }

    #[inline]
    fn poll(&self, id: TaskId) {
        let Some(mut task) = self.shared.tasks.borrow_mut().list.get_mut(id as usize).and_then(Option::take) else {
            return;
        };
        self.shared.current.set(id);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::from_waker(&task.waker);
            task.future.as_mut().poll(&mut context)
        }));
        if let Ok(Poll::Pending) = polled {
            self.shared.tasks.borrow_mut().list[id as usize] = Some(task);
            return;
        }
        // What it held is let go while nothing is borrowed.
        drop(task);
        self.shared.tasks.borrow_mut().free.push(id);
        if let Err(panic) = polled {
            *self.shared.panic.borrow_mut() = Some(words(panic.as_ref()));
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}
