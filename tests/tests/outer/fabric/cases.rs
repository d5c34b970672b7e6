//! A list of cases that says what it has shown and what it has not.

use std::time::Instant;

/// Runs cases in order; the first that fails ends the test, under its name.
#[derive(Default)]
pub struct Cases {
    shown: u32,
    skipped: Vec<&'static str>,
}

impl Cases {
    /// Runs a case and tells how long it took.
    pub async fn show<T>(&mut self, name: &'static str, case: impl Future<Output = T>) -> T {
        println!("── {name}");
        let began = Instant::now();
        let value = case.await;
        println!("ok after {} ms", began.elapsed().as_millis());
        self.shown += 1;
        value
    }

    /// A case that cannot run here.
    pub fn skip(&mut self, name: &'static str, why: &str) {
        println!("── {name}\nskipped: {why}");
        self.skipped.push(name);
    }

    /// The last lines.
    pub fn end(self) {
        println!("── {} cases shown, {} skipped", self.shown, self.skipped.len());
        for name in self.skipped {
            println!("skipped: {name}");
        }
    }
}
