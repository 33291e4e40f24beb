//! The tests of pages would notice: each fault that they look for, in a small page of its own.

use std::path::PathBuf;

use serde_json::json;

use crate::axe::{axe, violations};
use crate::page::{DESK, Key, Medium, PHONE, Page, Scheme};

/// A page with nothing wrong with it, and this in its body.
fn page(body: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page é.html");
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>A page</title><style>:root {{ color-scheme: light dark; --ink: black }} body {{ color: var(--ink); background: white }}\
         @media (prefers-color-scheme: dark) {{ body {{ color: white; background: black }} }}\
         @media print {{ nav {{ display: none }} }}</style><main><h1>A page</h1>{body}</main></html>"
    );
    std::fs::write(&file, html).unwrap();
    (folder, file)
}

const GOOD: &str = "<nav aria-label=\"Pages\"><a href=\"#one\">One</a> <a href=\"#two\">Two</a></nav>\
    <button onclick=\"this.textContent = 'Pressed'\">Press</button>\
    <img alt=\"A point\" src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\">";

#[test]
fn a_page_with_nothing_wrong_is_found_so_in_each_of_its_looks() {
    let (_folder, file) = page(GOOD);
    let Some(mut page) = Page::open(&file) else { return };
    let Some(axe) = axe() else { return };
    let colours = "getComputedStyle(document.body).color + getComputedStyle(document.body).backgroundColor";
    for (scheme, seen) in
        [(Scheme::Light, "rgb(0, 0, 0)rgb(255, 255, 255)"), (Scheme::Dark, "rgb(255, 255, 255)rgb(0, 0, 0)")]
    {
        page.show(scheme, Medium::Screen);
        assert_eq!(page.evaluate(colours), seen, "{scheme:?}");
        assert_eq!(violations(&mut page, &axe), Vec::<String>::new(), "{scheme:?}");
    }
    let nav = "getComputedStyle(document.querySelector('nav')).display";
    assert_eq!(page.evaluate(nav), "block");
    page.show(Scheme::Light, Medium::Paper);
    assert_eq!(page.evaluate(nav), "none");
    assert_eq!(page.complaints(), Vec::<String>::new());
    assert_eq!(page.requests(), Vec::<String>::new());
}

#[test]
fn a_page_is_used_with_keys_and_seen_at_each_size() {
    let (_folder, file) = page(GOOD);
    let Some(mut page) = Page::open(&file) else { return };
    for (size, name) in [(DESK, "sees-desk"), (PHONE, "sees-phone")] {
        page.viewport(size);
        assert_eq!(page.evaluate("[innerWidth, innerHeight]"), json!([size.0, size.1]));
        let picture = std::fs::read(page.screenshot(name)).unwrap();
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        assert_eq!((&picture[..8], number(16), number(20)), (&b"\x89PNG\r\n\x1a\n"[..], size.0, size.1));
    }
    let focused = "document.activeElement.textContent";
    let mut seen = Vec::new();
    for _ in 0..3 {
        page.press(Key::Tab);
        seen.push(page.evaluate(focused));
    }
    assert_eq!(seen, ["One", "Two", "Press"]);
    page.press(Key::Enter);
    assert_eq!(page.evaluate(focused), "Pressed");
}

#[test]
fn what_a_page_says_or_throws_is_noticed() {
    let script = "console.error('one', 2, null); setTimeout(() => { throw new TypeError('three') }, 0)";
    let (_folder, file) = page(&format!("<script>{script}</script>"));
    let Some(mut page) = Page::open(&file) else { return };
    let complaints = page.complaints();
    assert_eq!(complaints[0], "console.error: one 2 null", "{complaints:#?}");
    assert!(complaints[1].starts_with("exception: TypeError: three"), "{complaints:#?}");
    assert_eq!(complaints.len(), 2);
}

#[test]
fn whatever_a_page_asks_for_is_noticed() {
    // Nobody listens there any more.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (folder, file) = page(&format!(
        "<img alt=\"\" src=\"http://{nobody}/a.png\"><img alt=\"\" src=\"beside.png\">\
         <script>fetch('http://{nobody}/b').catch(() => {{}}); new WebSocket('ws://{nobody}/c')</script>\
         <style>main {{ background: url(http://{nobody}/d) }}</style>"
    ));
    let Some(mut page) = Page::open(&file) else { return };
    let mut requests = page.requests().to_vec();
    requests.sort();
    let beside = format!("file://{}/beside.png", folder.path().canonicalize().unwrap().display());
    let [a, b, d] = ["a.png", "b", "d"].map(|name| format!("http://{nobody}/{name}"));
    assert_eq!(requests, [beside, a, b, d, format!("ws://{nobody}/c")]);
    // The browser says that they failed, too.
    let complaints = page.complaints();
    assert!(complaints.iter().any(|complaint| complaint.contains("ERR_CONNECTION_REFUSED")), "{complaints:#?}");
}

#[test]
fn what_keeps_people_from_using_a_page_is_noticed() {
    let (_folder, file) = page(
        "<img src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\"><p style=\"color: #aaa\">Faint</p><button></button>",
    );
    let Some(mut page) = Page::open(&file) else { return };
    let Some(axe) = axe() else { return };
    let found = violations(&mut page, &axe);
    let rules: Vec<&str> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(rules, ["button-name", "color-contrast", "image-alt"], "{found:#?}");
    page.show(Scheme::Dark, Medium::Screen);
    let found = violations(&mut page, &axe);
    assert!(
        !found.iter().any(|line| line.starts_with("color-contrast")),
        "the same grey reads well on black: {found:#?}"
    );
}
