//! Who started a server: written on its folder and its container, so that a later `clean` can tell what a
//! killed program left behind from what a run in progress still needs.

use std::fmt;
use std::str::FromStr;

/// A process, named so that it is not mistaken for another one that got the same number later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pid: u32,
    /// When it started, in clock ticks since boot; 0 where the system does not tell.
    start: u64,
    /// Which boot and which pid namespace the number belongs to: a container's process 7 is not ours.
    host: String,
}

/// Whether an owner still needs what it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnerState {
    /// It runs: hands off.
    Alive,
    /// It is gone: what it left can go.
    Gone,
    /// It belonged to another machine, container or boot: not to be judged from here.
    Elsewhere,
}

impl Owner {
    /// This process.
    pub(super) fn this() -> Owner {
        let pid = std::process::id();
        Owner { pid, start: started(pid).unwrap_or(0), host: host() }
    }

    pub(super) fn state(&self) -> OwnerState {
        if self.host != host() {
            return OwnerState::Elsewhere;
        }
        match started(self.pid) {
            Some(start) if start == self.start => OwnerState::Alive,
            Some(_) => OwnerState::Gone,
            None if runs(self.pid) => OwnerState::Alive,
            None => OwnerState::Gone,
        }
    }

    /// For people.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }
}

/// `12345-678901-0a1b2c3d`: fits a file name, a container name and a label.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.pid, self.start, self.host)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Owner, ()> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(());
        let (pid, start) = (next()?.parse().map_err(|_| ())?, next()?.parse().map_err(|_| ())?);
        // Strict, because what reads as an owner may be deleted: a folder named after a date must not.
        let host = next()?;
        let is_hash = host.len() == 8 && host.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hash.then(|| Owner { pid, start, host: host.to_owned() }).ok_or(())
    }
}

/// Field 22 of `/proc/PID/stat` (proc(5)); the name in field 2 may hold spaces and brackets, so fields are
/// counted from the last bracket. A zombie has ended, whoever has not yet collected it.
fn started(pid: u32) -> Option<u64> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Where there is no `/proc`, a signal 0 tells whether the process is there.
fn runs(pid: u32) -> bool {
    let Ok(pid) = libc::pid_t::try_from(pid) else { return false };
    if std::path::Path::new("/proc/self/stat").exists() || pid == 0 {
        return false;
    }
    // SAFETY: kill(2) with signal 0 sends nothing, takes no pointer, and any pid is allowed.
    unsafe { libc::kill(pid, 0) == 0 }
}

fn host() -> String {
    let boot = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs_err::read_link("/proc/self/ns/pid").unwrap_or_default();
    let mut hash = blake3::Hasher::new();
    hash.update(boot.trim().as_bytes()).update(namespace.as_os_str().as_encoded_bytes());
    hash.finalize().to_hex()[..8].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_survives_being_written_down_and_this_process_is_alive() {
        let owner = Owner::this();
        assert_eq!(owner.to_string().parse(), Ok(owner.clone()));
        assert_eq!(owner.state(), OwnerState::Alive);
    }

    #[test]
    fn a_process_that_got_the_number_of_a_dead_one_is_not_its_owner() {
        let owner = Owner { start: Owner::this().start + 1, ..Owner::this() };
        assert_eq!(owner.state(), OwnerState::Gone);
    }

    #[test]
    fn an_ended_process_is_gone_and_one_of_another_machine_is_not_judged() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let owner = Owner { pid: child.id(), start: started(child.id()).unwrap_or(1), host: host() };
        child.wait().unwrap();
        assert_eq!(owner.state(), OwnerState::Gone);
        assert_eq!(Owner { host: "00000000".into(), ..owner }.state(), OwnerState::Elsewhere);
    }

    #[test]
    fn what_is_no_owner_is_not_taken_for_one() {
        for text in
            ["", "1", "1-2", "1-2-", "x-2-0a1b2c3d", "-1-2-0a1b2c3d", "1--0a1b2c3d", "2026-08-01", "1-2-0A1B2C3D"]
        {
            assert_eq!(text.parse::<Owner>(), Err(()), "{text}");
        }
    }
}
