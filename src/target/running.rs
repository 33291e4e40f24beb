//! A running Redis, and the ways to get one.

use std::time::Duration;

#[cfg(feature = "containers")]
use super::container::ContainerServer;
use super::info::Info;
use super::local::LocalServer;
use super::{
    AutoChoice, CLOCK_BEGIN, Endpoint, ServerClock, TargetChoice, TargetError, TargetFacts, TargetKind, TargetOptions,
    URL_VARIABLE, given, programs, survey, wipe,
};

/// How long a server may take to accept a connection and greet.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A running Redis. Dropping it stops what this program started.
#[derive(Debug)]
pub struct Target {
    endpoint: Endpoint,
    facts: TargetFacts,
    guard: Guard,
}

/// What keeps the server alive.
#[derive(Debug)]
enum Guard {
    Local(Box<LocalServer>),
    #[cfg(feature = "containers")]
    Docker(Box<ContainerServer>),
    /// Somebody else.
    Nothing,
}

impl Target {
    /// Finds or starts a Redis as chosen.
    ///
    /// # Errors
    /// When none can be had, or a given one cannot or should not be used; the message says what to do.
    pub async fn start(choice: &TargetChoice, options: &TargetOptions) -> Result<Target, TargetError> {
        match choice {
            TargetChoice::Auto => Self::auto(options).await,
            TargetChoice::Local => Self::local().await,
            TargetChoice::Docker => Self::docker(options).await,
            TargetChoice::Url(url) => Self::given(url, options).await,
        }
    }

    async fn auto(options: &TargetOptions) -> Result<Target, TargetError> {
        let survey = survey(options).await;
        match &survey.choice {
            // A server that was named is never silently replaced by another: its error is the answer.
            AutoChoice::Url => match Self::given(&std::env::var(URL_VARIABLE).unwrap_or_default(), options).await {
                Err(TargetError::BadUrl { detail }) => {
                    Err(TargetError::BadUrl { detail: format!("{detail} ({URL_VARIABLE} is set to it)") })
                }
                result => result,
            },
            AutoChoice::Docker { image } => {
                let image_options = TargetOptions { image: image.clone(), ..options.clone() };
                match Self::docker(&image_options).await {
                    // The registry answered the survey, and yet the image did not come.
                    Err(error @ TargetError::NoImage { .. }) if !survey.programs.is_empty() => {
                        let mut target = Self::local().await?;
                        target.facts.warnings.push(format!("a local server was taken instead of a container: {error}"));
                        Ok(target)
                    }
                    result => result,
                }
            }
            AutoChoice::Local => Self::local().await,
            AutoChoice::Nothing => Err(survey.none_found(options)),
        }
    }

    async fn local() -> Result<Target, TargetError> {
        let program = programs::installed().into_iter().next().ok_or(TargetError::NoProgram)?;
        let server = LocalServer::start(&program.path).await?;
        let endpoint = server.endpoint().clone();
        let (_, facts) = examine(&endpoint, TargetKind::Local).await?;
        Ok(Target { endpoint, facts, guard: Guard::Local(Box::new(server)) })
    }

    /// Starts a local server whose clock stands still until [`Target::clock`] is set.
    ///
    /// # Errors
    /// When there is none to start, or it does not read the clock that it is given.
    pub async fn with_clock() -> Result<Target, TargetError> {
        let program = programs::installed().into_iter().next().ok_or(TargetError::NoProgram)?;
        let unsupported = |detail: &str| TargetError::NoClock {
            program: program.path.display().to_string(),
            detail: detail.to_owned(),
        };
        if !ServerClock::is_supported() {
            return Err(unsupported("libraries are preloaded only on Linux with glibc"));
        }
        let server = LocalServer::start_with_clock(&program.path).await?;
        let endpoint = server.endpoint().clone();
        let (_, facts) = examine(&endpoint, TargetKind::Local).await?;
        let target = Target { endpoint, facts, guard: Guard::Local(Box::new(server)) };
        // A server that is linked statically preloads nothing, and says nothing of it.
        let mut connection = target.endpoint.connect(CONNECT_LIMIT).await?;
        let time: Result<(u64, u64), _> = redis::cmd("TIME").query_async(&mut connection).await;
        if time.is_ok_and(|(seconds, _)| seconds == CLOCK_BEGIN.as_secs()) {
            Ok(target)
        } else {
            Err(unsupported("it does not follow a preloaded clock, as a statically linked program would not"))
        }
    }

    #[cfg(feature = "containers")]
    async fn docker(options: &TargetOptions) -> Result<Target, TargetError> {
        let server = ContainerServer::start(&options.image).await?;
        let endpoint = server.endpoint().clone();
        let (_, mut facts) = examine(&endpoint, TargetKind::Docker).await?;
        facts.image = Some(options.image.clone());
        Ok(Target { endpoint, facts, guard: Guard::Docker(Box::new(server)) })
    }

    #[cfg(not(feature = "containers"))]
    async fn docker(_options: &TargetOptions) -> Result<Target, TargetError> {
        Err(TargetError::NoEngine { detail: survey::WITHOUT_CONTAINERS.to_owned() })
    }

    async fn given(url: &str, options: &TargetOptions) -> Result<Target, TargetError> {
        let endpoint = Endpoint::from_url(url)?;
        let (info, facts) = examine(&endpoint, TargetKind::Url).await?;
        given::admit(&endpoint, &info, options)?;
        Ok(Target { endpoint, facts, guard: Guard::Nothing })
    }

    /// Where to connect: over TCP, as a production client would.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The unix socket of a local server.
    #[must_use]
    pub fn unix_endpoint(&self) -> Option<&Endpoint> {
        match &self.guard {
            Guard::Local(server) => Some(server.unix_endpoint()),
            _ => None,
        }
    }

    /// What it is.
    #[must_use]
    pub fn facts(&self) -> &TargetFacts {
        &self.facts
    }

    /// Whether this program started the server and may empty it.
    #[must_use]
    pub fn owned(&self) -> bool {
        self.facts.kind != TargetKind::Url
    }

    /// The clock of a server that was started [with one](Target::with_clock).
    #[must_use]
    pub fn clock(&self) -> Option<&ServerClock> {
        match &self.guard {
            Guard::Local(server) => server.clock(),
            _ => None,
        }
    }

    /// The process id of a local server, for tests and faults that stop it.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &self.guard {
            Guard::Local(server) => Some(server.pid()),
            _ => None,
        }
    }

    /// How a server that this program started ended, with its last words, when it no longer runs:
    /// `it was ended by signal 9; its last words: …`. `None` while it runs, and for a given server.
    pub async fn cause_of_death(&self) -> Option<String> {
        match &self.guard {
            Guard::Local(server) => server.cause_of_death(),
            #[cfg(feature = "containers")]
            Guard::Docker(server) => server.cause_of_death().await,
            Guard::Nothing => None,
        }
    }

    /// Deletes the keys that begin with `prefix`, and no other; returns how many.
    ///
    /// # Errors
    /// When the prefix is empty or the server does not answer.
    pub async fn wipe(&self, prefix: &str) -> Result<u64, TargetError> {
        wipe::wipe(&self.endpoint, prefix).await
    }

    /// Empties the whole server.
    ///
    /// # Errors
    /// [`TargetError::NotOwned`] when somebody else runs it; when it does not answer.
    pub async fn flush(&self) -> Result<(), TargetError> {
        if !self.owned() {
            return Err(TargetError::NotOwned { address: self.endpoint.shown().to_owned() });
        }
        wipe::flush(&self.endpoint).await
    }

    /// Stops what this program started; dropping does the same, but cannot say that it failed.
    ///
    /// # Errors
    /// When the Docker engine does not remove the container.
    pub async fn stop(self) -> Result<(), TargetError> {
        match self.guard {
            #[cfg(feature = "containers")]
            Guard::Docker(server) => server.stop().await,
            Guard::Local(_) | Guard::Nothing => Ok(()),
        }
    }
}

/// Connects, and refuses what is no server to run on.
async fn examine(endpoint: &Endpoint, kind: TargetKind) -> Result<(Info, TargetFacts), TargetError> {
    let mut connection = endpoint.connect(CONNECT_LIMIT).await?;
    let info = Info::read(endpoint, &mut connection).await?;
    given::fit_to_run(endpoint, &info)?;
    let facts = TargetFacts::gather(endpoint, &mut connection, &info, kind).await?;
    Ok((info, facts))
}
