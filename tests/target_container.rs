//! A Redis in a container: it starts from any image that holds redis-server, and it is removed.
//!
//! These tests need a Docker engine and an image: `STANCHION_TEST_IMAGE`, or `stanchion/redis:local`, which
//! `make redis-image` builds. Without them they say that they did not run, and pass; where
//! `STANCHION_REQUIRE_CONTAINER=1` is set, they fail instead.
#![cfg(feature = "containers")]
#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use stanchion::target::{AutoChoice, Target, TargetChoice, TargetError, TargetKind, TargetOptions, cleanup, survey};

fn options() -> TargetOptions {
    let image = std::env::var("STANCHION_TEST_IMAGE").unwrap_or_else(|_| TargetOptions::LOCAL_IMAGE.to_owned());
    TargetOptions { image, ..TargetOptions::default() }
}

/// A container, or `None` where there is nothing to start one with and nobody demands it.
async fn start() -> Option<Target> {
    let demanded = std::env::var("STANCHION_REQUIRE_CONTAINER").is_ok_and(|value| value == "1");
    match Target::start(&TargetChoice::Docker, &options()).await {
        Ok(target) => Some(target),
        Err(error @ (TargetError::NoEngine { .. } | TargetError::NoImage { .. })) if !demanded => {
            // Written past the test framework, which would swallow the output of a test that passes.
            let _ = writeln!(std::io::stderr(), "DID NOT RUN, as there is no container: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Names of the containers whose name holds a text, running or not.
fn containers(part: &str) -> Vec<String> {
    let filter = format!("name={part}");
    let output = Command::new("docker").args(["ps", "-a", "--format", "{{.Names}}", "--filter", &filter]).output();
    let names = String::from_utf8(output.expect("these tests look at containers through `docker`").stdout).unwrap();
    names.lines().map(str::to_owned).collect()
}

/// Containers of a process begin with its number.
fn of_process(pid: u32) -> String {
    format!("stanchion-{pid}-")
}

#[tokio::test]
async fn a_container_answers_on_the_loopback_interface_and_is_labelled() {
    let Some(target) = start().await else { return };
    let facts = target.facts();
    assert_eq!((facts.kind, facts.image.as_deref()), (TargetKind::Docker, Some(options().image.as_str())));
    assert!(facts.at_least((6, 2)) && target.owned() && target.pid().is_none(), "{facts:?}");
    assert_eq!((facts.appendonly, facts.save.as_deref()), (false, Some("")), "nothing is saved to disk");
    let port = facts.address.strip_prefix("redis://127.0.0.1:").expect("published on the loopback interface only");
    let inspect = "{{index .Config.Labels \"org.stanchion.run\"}} {{json .HostConfig.PortBindings}} {{json .NetworkSettings.Ports}}";
    let seen = containers(&of_process(std::process::id())).into_iter().find_map(|name| {
        let output = Command::new("docker").args(["inspect", "-f", inspect, &name]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.contains(&format!("\"HostPort\":\"{port}\"")).then_some(text)
    });
    let seen = seen.expect("the container is recognisable by its name");
    assert!(seen.starts_with(&format!("{}-", std::process::id())), "the label names the owner: {seen}");
    assert!(!seen.contains("0.0.0.0"), "nobody else in the network reaches it: {seen}");
    target.stop().await.unwrap();
}

#[test]
fn a_container_is_removed_by_stop_by_drop_and_by_a_panic_after_its_runtime() {
    let run = |end: fn(Target, tokio::runtime::Runtime)| {
        let owner = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let target = runtime.block_on(start())?;
            let address = target.facts().address.clone();
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| end(target, runtime)));
            Some((address, caught.is_err()))
        });
        owner.join().unwrap()
    };
    let gone = |address: &str| {
        let (_, port) = address.rsplit_once(':').unwrap();
        let output = Command::new("docker").args(["ps", "-a", "--filter", &format!("publish={port}"), "-q"]).output();
        output.unwrap().stdout.is_empty()
    };
    if let Some((address, panicked)) = run(|target, runtime| runtime.block_on(target.stop()).unwrap()) {
        assert!(gone(&address) && !panicked, "after stop");
        let (address, panicked) = run(|target, _runtime| drop(target)).unwrap();
        assert!(gone(&address) && !panicked, "after drop");
        let end: fn(Target, tokio::runtime::Runtime) = |_target, runtime| {
            drop(runtime);
            panic!("on purpose");
        };
        let (address, panicked) = run(end).unwrap();
        assert!(gone(&address) && panicked, "after a panic");
    }
}

#[tokio::test]
async fn a_container_that_ended_says_how() {
    let Some(target) = start().await else { return };
    assert_eq!(target.cause_of_death().await, None);
    let mut connection = target.endpoint().connect(Duration::from_secs(5)).await.unwrap();
    let _ = redis::cmd("SHUTDOWN").arg("NOSAVE").exec_async(&mut connection).await;
    let cause = loop {
        match target.cause_of_death().await {
            Some(cause) => break cause,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    assert!(cause.starts_with("its container ended with exit code 0; its last words: "), "{cause}");
    assert!(cause.contains("bye bye"), "{cause}");
}

#[tokio::test]
async fn a_container_that_holds_no_redis_is_removed_and_the_reason_is_said() {
    // An image of one file that is no program: made, used and removed by this test.
    let Some(target) = start().await else { return };
    drop(target);
    let image = format!("stanchion/test-empty:{}", std::process::id());
    let script = format!("cd \"$(mktemp -d)\" && echo text >file && tar cf - file | docker import - {image}");
    assert!(Command::new("sh").args(["-c", &script]).stdout(Stdio::null()).status().unwrap().success());
    let options = TargetOptions { image: image.clone(), ..TargetOptions::default() };
    let error = Target::start(&TargetChoice::Docker, &options).await.unwrap_err().to_string();
    assert!(error.contains(&image) && error.contains("redis-server"), "{error}");
    let left = Command::new("docker").args(["ps", "-aq", "--filter", &format!("ancestor={image}")]).output().unwrap();
    assert!(Command::new("docker").args(["rmi", &image]).stdout(Stdio::null()).status().unwrap().success());
    assert!(left.stdout.is_empty(), "no container is left of it");
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_said_and_auto_falls_back() {
    let Some(target) = start().await else { return };
    drop(target);
    let options = TargetOptions { image: "host.invalid/no/such-image:1".to_owned(), ..TargetOptions::default() };
    let error = Target::start(&TargetChoice::Docker, &options).await.unwrap_err().to_string();
    assert!(error.starts_with("the image host.invalid/no/such-image:1 is not on this machine"), "{error}");
    assert!(error.contains("--image"), "says what to do: {error}");
    let survey = survey(&options).await;
    assert!(matches!(survey.choice, AutoChoice::Local | AutoChoice::Nothing | AutoChoice::Url), "{survey}");
    let usable = crate::options();
    let survey = stanchion::target::survey(&usable).await;
    if survey.url.is_none() {
        assert_eq!(survey.choice, AutoChoice::Docker { image: usable.image }, "{survey}");
    }
}

#[tokio::test]
#[ignore = "no promise of its own: the test below runs it as a process and kills it"]
async fn owner_of_a_container() {
    if std::env::var_os("STANCHION_TEST_OWNER").is_some() {
        let target = start().await;
        println!("CONTAINER {}", target.is_some());
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_clean_up_removes_the_container_of_a_killed_owner_and_spares_runs_in_progress() {
    let Some(target) = start().await else { return };
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner_of_a_container", "--ignored", "--nocapture"])
        .env("STANCHION_TEST_OWNER", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(owner.stdout.take().unwrap()));
    assert!(lines.map_while(Result::ok).any(|line| line.contains("CONTAINER true")));
    owner.kill().unwrap();
    owner.wait().unwrap();
    let left = containers(&of_process(owner.id()));
    assert_eq!(left.len(), 1, "a container outlives its killed owner");
    let cleaned = cleanup().await;
    assert!(cleaned.containers.contains(&left[0]), "{cleaned}");
    assert!(containers(&of_process(owner.id())).is_empty());
    assert_eq!(target.cause_of_death().await, None, "a run in progress is left alone");
}
