//! A page in a browser: opened from a file, looked at, used.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::chromium::Chromium;

/// A window of a desktop.
pub const DESK: (u32, u32) = (1280, 800);

/// A telephone held upright.
pub const PHONE: (u32, u32) = (390, 844);

/// What a reader's system asks for.
#[derive(Clone, Copy, Debug)]
pub enum Scheme {
    Light,
    Dark,
}

/// Where a page is shown.
#[derive(Clone, Copy, Debug)]
pub enum Medium {
    Screen,
    Paper,
}

/// A key that is pressed.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    Tab,
    Enter,
}

/// An open page.
pub struct Page {
    browser: Chromium,
    session: String,
    url: String,
    complaints: Vec<String>,
    requests: Vec<String>,
}

impl Page {
    /// Opens a file, on a desktop; `None` where there is no browser, which is said.
    #[track_caller]
    pub fn open(file: &Path) -> Option<Page> {
        let mut browser = Chromium::start()?;
        let target = browser.call(None, "Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call(None, "Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        let url = url::Url::from_file_path(file.canonicalize().unwrap()).unwrap().to_string();
        let mut page = Page { browser, session, url, complaints: Vec::new(), requests: Vec::new() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.viewport(DESK);
        let answer = page.call("Page.navigate", json!({ "url": page.url }));
        assert!(answer["errorText"].is_null(), "{}: {answer}", page.url);
        page.browser.wait_for("Page.loadEventFired");
        Some(page)
    }

    #[track_caller]
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// The value of an expression; a promise is waited for. An exception ends the test.
    #[track_caller]
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Sets the size of the window, in CSS pixels; a narrow one is a telephone's.
    pub fn viewport(&mut self, (width, height): (u32, u32)) {
        let mobile = width < 600;
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile });
        self.call("Emulation.setDeviceMetricsOverride", params);
        self.settle();
    }

    /// Shows it to a reader of this scheme, on this medium.
    pub fn show(&mut self, scheme: Scheme, medium: Medium) {
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let medium = match medium {
            Medium::Screen => "screen",
            Medium::Paper => "print",
        };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": medium, "features": features }));
        self.settle();
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: Key) {
        let (name, code, text) = match key {
            Key::Tab => ("Tab", 9, ""),
            Key::Enter => ("Enter", 13, "\r"),
        };
        for kind in ["keyDown", "keyUp"] {
            let params =
                json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", params);
        }
        self.settle();
    }

    /// Waits until what was changed has been drawn.
    fn settle(&mut self) {
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))");
    }

    /// Saves what the window shows as target/screenshots/NAME.png, for people to look at; answers with the file.
    pub fn screenshot(&mut self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, decoded(picture["data"].as_str().unwrap())).unwrap();
        file
    }

    /// Everything that it said on the console, threw, or that the browser found wrong with it.
    pub fn complaints(&mut self) -> &[String] {
        self.collect();
        &self.complaints
    }

    /// Everything that it asked for besides itself and `data:` URLs.
    pub fn requests(&mut self) -> &[String] {
        self.collect();
        &self.requests
    }

    fn collect(&mut self) {
        self.settle();
        for event in self.browser.events() {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.consoleAPICalled" => {
                    let said: Vec<String> = params["args"].as_array().into_iter().flatten().map(shown).collect();
                    self.complaints.push(format!("console.{}: {}", params["type"].as_str().unwrap(), said.join(" ")));
                }
                "Runtime.exceptionThrown" => {
                    let details = &params["exceptionDetails"];
                    let thrown = details["exception"]["description"].as_str().or(details["text"].as_str());
                    self.complaints.push(format!("exception: {}", thrown.unwrap_or_default()));
                }
                "Log.entryAdded" => {
                    self.complaints.push(format!("browser: {}", params["entry"]["text"].as_str().unwrap_or_default()));
                }
                "Network.requestWillBeSent" => self.request(params["request"]["url"].as_str().unwrap_or_default()),
                "Network.webSocketCreated" => self.request(params["url"].as_str().unwrap_or_default()),
                _ => {}
            }
        }
    }

    fn request(&mut self, url: &str) {
        if url != self.url && !url.starts_with("data:") {
            self.requests.push(url.to_owned());
        }
    }
}

/// A thing on the console.
fn shown(thing: &Value) -> String {
    match (&thing["value"], thing["description"].as_str()) {
        (Value::String(text), _) => text.clone(),
        (Value::Null, Some(description)) => description.to_owned(),
        (value, _) => value.to_string(),
    }
}

/// Base64, with which the protocol sends bytes.
fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => panic!("{letter} is not base64"),
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}
