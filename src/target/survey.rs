//! What there is to run on, what `--redis auto` would take, and why.

use std::fmt;

use serde::Serialize;

use super::{Endpoint, Program, TargetError, TargetOptions, URL_VARIABLE, cleanup, programs};

#[cfg(not(feature = "containers"))]
pub(super) const WITHOUT_CONTAINERS: &str = "this build has no container support (feature `containers`)";

/// What there is to run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The server that `STANCHION_REDIS_URL` names, without user and password.
    pub url: Option<String>,
    /// The Docker engine.
    pub engine: Finding,
    /// The image for a container; looked for only when an engine answers.
    pub image: Image,
    /// Server programs on the PATH, the preferred first.
    pub programs: Vec<Program>,
    /// Containers and folders that killed runs left; `stanchion clean` removes them.
    pub leftovers: usize,
    /// What `auto` takes.
    pub choice: AutoChoice,
    /// Why.
    pub why: String,
}

/// Something that is there, or is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// There, and what it says of itself.
    Found(String),
    /// Not there, and why.
    Missing(String),
}

/// An image for the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Image {
    /// On this machine.
    Present(String),
    /// Not on this machine, but its registry has it.
    Pullable(String),
    /// Neither, and why.
    Missing(String),
}

/// What `--redis auto` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AutoChoice {
    /// The server that `STANCHION_REDIS_URL` names.
    Url,
    /// A container.
    Docker {
        /// From this image.
        image: String,
    },
    /// A local server.
    Local,
    /// There is nothing to run on.
    Nothing,
}

/// One line for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SurveyRow {
    /// What was looked for.
    pub what: &'static str,
    /// Whether it is there.
    pub found: bool,
    /// What it is, or why it is not there.
    pub detail: String,
}

/// Looks around. Starts nothing and pulls nothing; takes at most some seconds, and only when a registry
/// has to be asked.
pub async fn survey(options: &TargetOptions) -> Survey {
    let url = std::env::var(URL_VARIABLE).ok().filter(|url| !url.trim().is_empty());
    let shown = url.map(|url| match Endpoint::from_url(&url) {
        Ok(endpoint) => endpoint.shown().to_owned(),
        Err(_) => "a text that is not the URL of a Redis".to_owned(),
    });
    let (engine, image) = look_for_image(options).await;
    let programs = programs::installed();
    let (choice, why) = decide(shown.as_deref(), &image, &programs);
    let leftovers = cleanup::count().await;
    Survey { url: shown, engine, image, programs, leftovers, choice, why }
}

#[cfg(feature = "containers")]
async fn look_for_image(options: &TargetOptions) -> (Finding, Image) {
    let engine = match super::engine::Engine::connect().await {
        Ok(engine) => engine,
        Err(TargetError::NoEngine { detail }) => {
            return (Finding::Missing(detail), Image::Missing("no engine to ask".to_owned()));
        }
        Err(error) => return (Finding::Missing(error.to_string()), Image::Missing("no engine to ask".to_owned())),
    };
    let version = Finding::Found(engine.version.clone());
    let wanted = &options.image;
    if engine.has_image(wanted).await {
        return (version, Image::Present(wanted.clone()));
    }
    // Whoever built the local image did so because no registry is in reach. An image that was asked for
    // by name is never replaced.
    if wanted == TargetOptions::DEFAULT_IMAGE && engine.has_image(TargetOptions::LOCAL_IMAGE).await {
        return (version, Image::Present(TargetOptions::LOCAL_IMAGE.to_owned()));
    }
    match engine.can_pull(wanted).await {
        Ok(()) => (version, Image::Pullable(wanted.clone())),
        Err(why) => (version, Image::Missing(format!("{wanted} is not on this machine and cannot be pulled: {why}"))),
    }
}

#[cfg(not(feature = "containers"))]
async fn look_for_image(_options: &TargetOptions) -> (Finding, Image) {
    (Finding::Missing(WITHOUT_CONTAINERS.to_owned()), Image::Missing("no engine to ask".to_owned()))
}

/// The order of `--redis auto`: the variable, a container, a local server.
fn decide(url: Option<&str>, image: &Image, programs: &[Program]) -> (AutoChoice, String) {
    match (url, image, programs) {
        (Some(url), _, _) => (AutoChoice::Url, format!("{URL_VARIABLE} names {url}")),
        (None, Image::Present(image), _) => {
            let why = format!("a Docker engine answers and has the image {image}");
            (AutoChoice::Docker { image: image.clone() }, why)
        }
        (None, Image::Pullable(image), _) => {
            let why = format!("a Docker engine answers and can pull the image {image}");
            (AutoChoice::Docker { image: image.clone() }, why)
        }
        (None, Image::Missing(_), [program, ..]) => {
            (AutoChoice::Local, format!("no container can be had, and {} is on the PATH", program.path.display()))
        }
        (None, Image::Missing(_), []) => {
            let why = "no variable, no container and no server program: name a server, start a Docker engine, or \
                       install redis-server";
            (AutoChoice::Nothing, why.to_owned())
        }
    }
}

impl Survey {
    /// For a table: what was looked for, whether it is there, and the details.
    #[must_use]
    pub fn rows(&self) -> Vec<SurveyRow> {
        let row = |what, found, detail| SurveyRow { what, found, detail };
        let engine = match &self.engine {
            Finding::Found(version) => row("Docker engine", true, version.clone()),
            Finding::Missing(why) => row("Docker engine", false, why.clone()),
        };
        let image = match &self.image {
            Image::Present(image) => row("image", true, format!("{image}, on this machine")),
            Image::Pullable(image) => row("image", true, format!("{image}, can be pulled")),
            Image::Missing(why) => row("image", false, why.clone()),
        };
        let mut rows = vec![
            row(URL_VARIABLE, self.url.is_some(), self.url.clone().unwrap_or_else(|| "not set".to_owned())),
            engine,
            image,
        ];
        if self.programs.is_empty() {
            rows.push(row("local server", false, "neither redis-server nor valkey-server is on the PATH".to_owned()));
        }
        rows.extend(self.programs.iter().map(|program| {
            let runs = !program.version.is_empty();
            let says = if runs { &program.version } else { "does not run" };
            row("local server", runs, format!("{} ({says})", program.path.display()))
        }));
        if self.leftovers > 0 {
            rows.push(row("left by killed runs", true, format!("{}; `stanchion clean` removes them", self.leftovers)));
        }
        rows
    }

    /// The error of a run for which `auto` found nothing.
    pub(super) fn none_found(&self, options: &TargetOptions) -> TargetError {
        let container = match (&self.engine, &self.image) {
            (Finding::Missing(why), _) => format!("no Docker engine answers: {why}"),
            (_, Image::Missing(why)) => why.clone(),
            (Finding::Found(_), Image::Present(image) | Image::Pullable(image)) => image.clone(),
        };
        let local = "neither redis-server nor valkey-server is on the PATH".to_owned();
        TargetError::NoneFound { container, local, image: options.image.clone() }
    }
}

/// One line for each row, and then what `auto` takes.
impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for SurveyRow { what, found, detail } in self.rows() {
            writeln!(f, "{} {what:<20} {detail}", if found { "yes" } else { "no " })?;
        }
        let choice = match &self.choice {
            AutoChoice::Url => "the server named",
            AutoChoice::Docker { .. } => "a container",
            AutoChoice::Local => "a local server",
            AutoChoice::Nothing => "nothing",
        };
        write!(f, "--redis auto takes {choice}: {}", self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redis() -> Vec<Program> {
        vec![Program { path: "/usr/bin/redis-server".into(), version: "Redis server v=7.0.15".into() }]
    }

    fn found(url: Option<&str>, image: Image, programs: Vec<Program>) -> Survey {
        let (choice, why) = decide(url, &image, &programs);
        let engine = Finding::Found("Docker 20.10.24 (API 1.41)".into());
        Survey { url: url.map(str::to_owned), engine, image, programs, leftovers: 0, choice, why }
    }

    #[test]
    fn auto_takes_the_variable_then_a_container_then_a_local_server() {
        let (present, missing) = (Image::Present("redis:7".into()), Image::Missing("no registry".into()));
        let choice = |url, image: &Image, programs: &[Program]| decide(url, image, programs).0;
        assert_eq!(choice(Some("redis://db:6379"), &present, &redis()), AutoChoice::Url);
        assert_eq!(choice(None, &present, &redis()), AutoChoice::Docker { image: "redis:7".into() });
        assert_eq!(choice(None, &Image::Pullable("r".into()), &redis()), AutoChoice::Docker { image: "r".into() });
        assert_eq!(choice(None, &missing, &redis()), AutoChoice::Local);
        assert_eq!(choice(None, &missing, &[]), AutoChoice::Nothing);
    }

    #[test]
    fn the_survey_reads_as_a_list_with_the_reason_last() {
        let survey = found(None, Image::Missing("redis:7-alpine is not on this machine".into()), redis());
        assert_eq!(
            survey.to_string(),
            "no  STANCHION_REDIS_URL  not set\n\
             yes Docker engine        Docker 20.10.24 (API 1.41)\n\
             no  image                redis:7-alpine is not on this machine\n\
             yes local server         /usr/bin/redis-server (Redis server v=7.0.15)\n\
             --redis auto takes a local server: no container can be had, and /usr/bin/redis-server is on the PATH"
        );
    }

    #[test]
    fn when_there_is_nothing_the_error_names_the_three_ways_out() {
        let survey = found(None, Image::Missing("redis:7-alpine cannot be pulled".into()), Vec::new());
        let message = survey.none_found(&TargetOptions::default()).to_string();
        for part in [
            "redis:7-alpine cannot be pulled",
            "Three ways out",
            "STANCHION_REDIS_URL",
            "Docker engine",
            "redis-server",
        ] {
            assert!(message.contains(part), "{part} is missing in: {message}");
        }
    }
}
