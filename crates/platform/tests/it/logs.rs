//! What is logged while a request is served.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gx_platform::testing::TestApp;
use serde_json::Value;
use tracing_subscriber::layer::SubscriberExt;

use crate::wishes::routes;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn at_every_level_what_is_logged_carries_the_number_of_its_request() {
    let test = TestApp::start().await;
    let api = test.serve([routes()]);
    for level in ["error", "warn", "info", "debug"] {
        let lines = Lines::default();
        let (filter, writer) = (tracing_subscriber::EnvFilter::new(level), lines.clone());
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(move || writer.clone());
        let _on = tracing::subscriber::set_default(tracing_subscriber::registry().with(filter).with(layer));
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let answer = api.get("/api/v1/wishes/panic").header("x-correlation-id", id).send().await;
        assert_eq!((answer.status, &answer.body["correlationId"]), (500, &Value::from(id)));
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let said: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let failure = said.iter().find(|line| line["message"] == "a request failed on our side");
        let failure = failure.unwrap_or_else(|| panic!("{level}: {text}"));
        assert_eq!(failure["span"]["correlation_id"], id, "{level}: {failure}");
    }
}
