//! The client for browsers: the browser's own WebSocket drives the machine, its timers the waiting.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{AckId, Answer, Event, Notice, Options, RequestError};
use crate::core::{Action, Core};
use crate::engine::Frame;

type OnAnswer = Box<dyn FnOnce(Result<Answer, RequestError>)>;

/// A connection that is made again whenever it is lost. It ends when the handle is dropped.
pub struct Client(Rc<RefCell<Inner>>);

struct Inner {
    options: Options,
    on_notice: Rc<RefCell<dyn FnMut(Notice)>>,
    connection: u64,
    failures: u32,
    reached: bool,
    over: bool,
    present: Option<Present>,
    silence_ms: i32,
    silence: Option<i32>,
    again: Option<i32>,
    /// Timers call these; kept until the next one is set.
    timers: Vec<Closure<dyn FnMut()>>,
}

struct Present {
    socket: WebSocket,
    core: Core,
    waiting: HashMap<u64, OnAnswer>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut()>,
}

impl Client {
    /// Begins to connect. `on_notice` hears what happens, in order.
    #[must_use]
    pub fn connect(options: Options, on_notice: impl FnMut(Notice) + 'static) -> Self {
        let inner = Rc::new(RefCell::new(Inner {
            options,
            on_notice: Rc::new(RefCell::new(on_notice)),
            connection: 0,
            failures: 0,
            reached: false,
            over: false,
            present: None,
            silence_ms: 45_000,
            silence: None,
            again: None,
            timers: Vec::new(),
        }));
        open(&inner);
        Self(inner)
    }

    /// Sends an event. `Ok` says that it is on its way, not that it arrived.
    ///
    /// # Errors
    /// [`RequestError::NotConnected`]: nothing was sent.
    pub fn emit(&self, name: &str, arguments: Vec<Value>, attachments: Vec<Vec<u8>>) -> Result<(), RequestError> {
        self.send(name, arguments, attachments, None)
    }

    /// Sends an event; `on_answer` hears the answer, or that the connection ended before it came.
    ///
    /// # Errors
    /// [`RequestError::NotConnected`]: nothing was sent.
    pub fn request(
        &self,
        name: &str,
        arguments: Vec<Value>,
        on_answer: impl FnOnce(Result<Answer, RequestError>) + 'static,
    ) -> Result<(), RequestError> {
        self.send(name, arguments, Vec::new(), Some(Box::new(on_answer)))
    }

    /// Answers an event that wants it; on another connection than the event's nothing is sent.
    pub fn answer(&self, ack: AckId, arguments: Vec<Value>, attachments: Vec<Vec<u8>>) {
        let inner = self.0.borrow();
        let Some(present) = inner.present.as_ref().filter(|_| ack.connection == inner.connection) else { return };
        if let Some(frames) = present.core.answer(ack.number, arguments, attachments) {
            write(&present.socket, frames);
        }
    }

    fn send(
        &self,
        name: &str,
        arguments: Vec<Value>,
        attachments: Vec<Vec<u8>>,
        on_answer: Option<OnAnswer>,
    ) -> Result<(), RequestError> {
        let mut inner = self.0.borrow_mut();
        let present = inner.present.as_mut().ok_or(RequestError::NotConnected)?;
        let (frames, ack) =
            present.core.event(name, arguments, attachments, on_answer.is_some()).ok_or(RequestError::NotConnected)?;
        write(&present.socket, frames);
        if let (Some(ack), Some(on_answer)) = (ack, on_answer) {
            present.waiting.insert(ack, on_answer);
        }
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut inner = self.0.borrow_mut();
        inner.over = true;
        clear(inner.silence.take());
        clear(inner.again.take());
        if let Some(mut present) = inner.present.take() {
            present.socket.set_onmessage(None);
            present.socket.set_onclose(None);
            write(&present.socket, present.core.close());
            // It is closing already when this fails.
            let _ = present.socket.close();
        }
    }
}

fn write(socket: &WebSocket, frames: Vec<Frame>) {
    for frame in frames {
        // A socket that cannot send says so by closing.
        let _ = match frame {
            Frame::Text(text) => socket.send_with_str(&text),
            Frame::Binary(bytes) => socket.send_with_u8_array(&bytes),
        };
    }
}

fn open(inner: &Rc<RefCell<Inner>>) {
    let weak = Rc::downgrade(inner);
    let mut borrowed = inner.borrow_mut();
    if borrowed.over {
        return;
    }
    borrowed.connection += 1;
    borrowed.reached = false;
    let Ok(socket) = WebSocket::new(&borrowed.options.address()) else {
        drop(borrowed);
        lost(&weak, "the address cannot be used", true);
        return;
    };
    socket.set_binary_type(BinaryType::Arraybuffer);
    let auth = borrowed.options.auth.as_mut().map(|make| make());
    let core = Core::new(&borrowed.options.namespace, auth);
    let on_message = {
        let weak = weak.clone();
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            let data = message.data();
            let frame = match data.as_string() {
                Some(text) => Frame::Text(text),
                None => match data.dyn_into::<js_sys::ArrayBuffer>() {
                    Ok(buffer) => Frame::Binary(js_sys::Uint8Array::new(&buffer).to_vec()),
                    Err(_) => return,
                },
            };
            heard(&weak, frame);
        })
    };
    let on_close = {
        let weak = weak.clone();
        Closure::<dyn FnMut()>::new(move || lost(&weak, "the connection was closed", true))
    };
    socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
    let waiting = HashMap::new();
    borrowed.present = Some(Present { socket, core, waiting, _on_message: on_message, _on_close: on_close });
    drop(borrowed);
    watch(inner);
}

/// Closes a connection on which nothing has come for too long.
fn watch(inner: &Rc<RefCell<Inner>>) {
    let weak = Rc::downgrade(inner);
    let mut borrowed = inner.borrow_mut();
    clear(borrowed.silence.take());
    let limit = borrowed.silence_ms;
    borrowed.silence = timer(&mut borrowed.timers, limit, move || lost(&weak, "the server is silent", true));
}

fn heard(weak: &Weak<RefCell<Inner>>, frame: Frame) {
    let Some(inner) = weak.upgrade() else { return };
    watch(&inner);
    let taken = {
        let mut borrowed = inner.borrow_mut();
        let Some(present) = borrowed.present.as_mut() else { return };
        present.core.take(frame)
    };
    let actions = match taken {
        Ok(actions) => actions,
        Err(error) => return lost(weak, &error.to_string(), true),
    };
    for action in actions {
        let mut borrowed = inner.borrow_mut();
        let connection = borrowed.connection;
        match action {
            Action::Send(frame) => {
                if let Some(present) = &borrowed.present {
                    write(&present.socket, vec![frame]);
                }
            }
            Action::Expect(limit) => {
                borrowed.silence_ms = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
                drop(borrowed);
                watch(&inner);
            }
            Action::Answer { ack, arguments, attachments } => {
                let answer = borrowed.present.as_mut().and_then(|present| present.waiting.remove(&ack));
                drop(borrowed);
                if let Some(answer) = answer {
                    answer(Ok(Answer { arguments, attachments }));
                }
            }
            Action::Connected { sid } => {
                borrowed.reached = true;
                drop(borrowed);
                tell(&inner, Notice::Connected { sid });
            }
            Action::Event { name, arguments, attachments, ack } => {
                drop(borrowed);
                let ack = ack.map(|number| AckId { number, connection });
                tell(&inner, Notice::Event(Event { name, arguments, attachments, ack }));
            }
            Action::Refused { message, data } => {
                let again = borrowed.options.retry_refused;
                drop(borrowed);
                tell(&inner, Notice::Refused { message, data });
                return lost(weak, "refused", again);
            }
            Action::Close => {
                drop(borrowed);
                return lost(weak, "the server ended the connection", true);
            }
        }
    }
}

/// Handlers may use the client, so nothing is borrowed while they run.
fn tell(inner: &Rc<RefCell<Inner>>, notice: Notice) {
    let on_notice = Rc::clone(&inner.borrow().on_notice);
    if let Ok(mut on_notice) = on_notice.try_borrow_mut() {
        on_notice(notice);
    }
}

fn lost(weak: &Weak<RefCell<Inner>>, reason: &str, again: bool) {
    let Some(inner) = weak.upgrade() else { return };
    let (present, wait) = {
        let mut borrowed = inner.borrow_mut();
        if borrowed.over {
            return;
        }
        clear(borrowed.silence.take());
        if borrowed.reached {
            borrowed.failures = 0;
        }
        borrowed.failures = borrowed.failures.saturating_add(1);
        let wait = again.then(|| borrowed.options.backoff.wait(borrowed.failures, random()));
        (borrowed.present.take(), wait)
    };
    if let Some(present) = present {
        present.socket.set_onmessage(None);
        present.socket.set_onclose(None);
        let _ = present.socket.close();
        for (_, answer) in present.waiting {
            answer(Err(RequestError::Interrupted));
        }
    }
    tell(&inner, Notice::Disconnected { reason: reason.to_owned(), again_in: wait });
    let Some(wait) = wait else { return };
    let millis = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let weak = weak.clone();
    let mut borrowed = inner.borrow_mut();
    borrowed.again = timer(&mut borrowed.timers, millis, move || {
        if let Some(inner) = weak.upgrade() {
            open(&inner);
        }
    });
}

fn timer(kept: &mut Vec<Closure<dyn FnMut()>>, millis: i32, act: impl FnMut() + 'static) -> Option<i32> {
    /// Those before the last two have run or were cleared.
    const KEPT: usize = 4;
    let closure = Closure::<dyn FnMut()>::new(act);
    let set = web_sys::window()?
        .set_timeout_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), millis)
        .ok();
    kept.push(closure);
    if kept.len() > 2 * KEPT {
        kept.drain(..KEPT);
    }
    set
}

fn clear(timer: Option<i32>) {
    if let (Some(timer), Some(window)) = (timer, web_sys::window()) {
        window.clear_timeout_with_handle(timer);
    }
}

/// The fraction of a random number between 0 and 1, as whole bits.
fn random() -> u64 {
    js_sys::Math::random().to_bits() & ((1 << 52) - 1)
}
