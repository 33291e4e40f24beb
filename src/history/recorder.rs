//! Where a client writes down what it does: an arena of its own, so that recording shares nothing.

use super::Record;

/// The records of one client, with the attempt that is on its way.
///
/// The attempt is written down before the request is sent. If the run is interrupted between request
/// and reply, the history still keeps the invocation.
#[derive(Debug, Default)]
pub struct Recorder {
    records: Vec<Record>,
    in_flight: bool,
}

impl Recorder {
    /// An arena with room for so many attempts.
    #[must_use]
    pub fn with_capacity(attempts: usize) -> Recorder {
        Recorder { records: Vec::with_capacity(attempts), in_flight: false }
    }

    /// An attempt is about to be sent. Its outcome must be the one it has if no reply ever comes.
    pub fn begin(&mut self, record: Record) {
        self.records.push(record);
        self.in_flight = true;
    }

    /// The attempt was answered, or is known not to be.
    pub fn end(&mut self, complete: impl FnOnce(&mut Record)) {
        if let Some(last) = self.records.last_mut()
            && self.in_flight
        {
            complete(last);
            self.in_flight = false;
        }
    }

    /// Attempts so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The attempts so far, in the order sent.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Takes what was recorded.
    #[must_use]
    pub fn take(&mut self) -> Vec<Record> {
        self.in_flight = false;
        std::mem::take(&mut self.records)
    }

    /// Puts the records of all clients in order of their sending.
    #[must_use]
    pub fn merge(clients: Vec<Vec<Record>>) -> Vec<Record> {
        let mut all: Vec<Record> = clients.into_iter().flatten().collect();
        all.sort_by_key(|record| (record.sent_ns, record.client, record.op, record.attempt));
        all
    }
}
