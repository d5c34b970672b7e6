//! `cargo xtask fabric up|down`: a development network of Hyperledger Fabric on loopback, from Fabric's own programs on
//! PATH. docs/fabric.md says where they come from and what each step makes.

mod connect;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::process::{listens, output, root, run_within, wait_until};

/// Programs of Fabric that have to be on PATH.
const PROGRAMS: [&str; 5] = ["peer", "orderer", "configtxgen", "cryptogen", "osnadmin"];

const CHANNEL: &str = "gxchannel-devnet";
const DOMAIN: &str = "fabric-devnet.svc.cluster.local";
const STEP_LIMIT: Duration = Duration::from_secs(120);

const HELP: &str = "\
cargo xtask fabric up [--data DIR] [--port PORT]
          starts a development network of Hyperledger Fabric on loopback: one orderer, a peer per organisation;
          PORT is the orderer's (7050), the others move along
cargo xtask fabric down [--data DIR]
          stops it and keeps its data
";

/// Runs the command.
pub fn run(args: &[String]) -> Result<()> {
    let (command, mut rest) = args.split_first().ok_or_else(|| HELP.to_owned())?;
    let (mut data, mut port) = (root().join("data/fabric-devnet"), 7050);
    while let [option, value, others @ ..] = rest {
        match option.as_str() {
            "--data" => data = std::path::absolute(value).map_err(|error| format!("{value}: {error}"))?,
            "--port" => port = value.parse().map_err(|_| format!("{value} is no port"))?,
            _ => return Err(HELP.to_owned()),
        }
        rest = others;
    }
    if !rest.is_empty() {
        return Err(HELP.to_owned());
    }
    let network = Network { data, port };
    match command.as_str() {
        "up" => network.up(),
        "down" => network.down(),
        _ => Err(HELP.to_owned()),
    }
}

/// A development network in a folder.
struct Network {
    data: PathBuf,
    /// The orderer's; everything else is counted from it.
    port: u16,
}

impl Network {
    fn peer_port(&self, number: u16) -> u16 {
        self.port + 10 * (number - 1) + 1
    }

    fn orderer_home(&self) -> PathBuf {
        self.data.join(format!("crypto/ordererOrganizations/{DOMAIN}/orderers/orderer0.{DOMAIN}"))
    }

    fn organisation_home(&self, number: u16) -> PathBuf {
        self.data.join(format!("crypto/peerOrganizations/org{number}.{DOMAIN}"))
    }

    fn up(&self) -> Result<()> {
        for program in PROGRAMS {
            if !on_path(program) {
                return Err(format!("{program} is not on PATH; docs/fabric.md says where Fabric's programs come from"));
            }
        }
        if !self.data.join("genesis.block").is_file() {
            self.make()?;
        }
        self.start_orderer()?;
        for number in [1, 2] {
            self.start_peer(number)?;
        }
        let ports = [self.port, self.port + 3, self.peer_port(1), self.peer_port(2)];
        if !wait_until(STEP_LIMIT, || ports.into_iter().all(listens)) {
            return Err(format!("the network did not start; its logs are in {}", self.data.display()));
        }
        self.join()?;
        println!("waiting for the orderer to lead");
        if !wait_until(STEP_LIMIT, || leads(self.port + 9)) {
            return Err(format!("the orderer does not lead; its log is in {}", self.data.display()));
        }
        println!(
            "channel {CHANNEL} is up; connection material: GX_FABRIC_CONNECT={}",
            self.data.join("connect").display()
        );
        Ok(())
    }

    fn down(&self) -> Result<()> {
        for name in ["peer1", "peer2", "orderer"] {
            let file = self.data.join(format!("{name}.pid"));
            let Ok(pid) = fs::read_to_string(&file) else { continue };
            if runs(&pid, name) {
                let _ = Command::new("kill").args(["-TERM", pid.trim()]).status();
                if !wait_until(Duration::from_secs(30), || !runs(&pid, name)) {
                    return Err(format!("{name} (pid {}) does not stop", pid.trim()));
                }
                println!("{name} stopped");
            }
            fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        Ok(())
    }

    /// Certificates, connection material, configuration, genesis block.
    fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.data).map_err(|error| format!("{}: {error}", self.data.display()))?;
        let source = root().join("deploy/fabric");
        if !self.data.join("crypto").is_dir() {
            println!("making certificates");
            let mut cryptogen = Command::new("cryptogen");
            cryptogen.arg("generate").arg("--config").arg(source.join("development/crypto-config.yaml"));
            cryptogen.arg("--output").arg(self.data.join("crypto"));
            run_within(&mut cryptogen, STEP_LIMIT, "cryptogen")?;
        }
        println!("making identities with roles and the connection material");
        self.write_connection_material()?;
        let configtx = read(&source.join("development/configtx.yaml"))?;
        // Through words, so that a port that is moved onto another one's place is not moved twice.
        let configtx =
            configtx.replace("7050", "ORDERER_PORT").replace("7051", "PEER1_PORT").replace("7061", "PEER2_PORT");
        let configtx = configtx
            .replace("ORDERER_PORT", &self.port.to_string())
            .replace("PEER1_PORT", &self.peer_port(1).to_string())
            .replace("PEER2_PORT", &self.peer_port(2).to_string());
        write(&self.data.join("configtx.yaml"), &configtx)?;
        let builder = format!("path: {}", source.join("builder").display());
        let core = read(&source.join("core.yaml"))?.replace("path: builder", &builder);
        write(&self.data.join("core.yaml"), &core)?;
        write(&self.data.join("orderer.yaml"), &read(&source.join("orderer.yaml"))?)?;
        println!("making the channel's first block");
        let mut configtxgen = Command::new("configtxgen");
        configtxgen.env("FABRIC_CFG_PATH", &self.data).args(["-profile", "Devnet", "-channelID", CHANNEL]);
        configtxgen.arg("-outputBlock").arg(self.data.join("genesis.block"));
        run_within(&mut configtxgen, STEP_LIMIT, "configtxgen")
    }

    fn start_orderer(&self) -> Result<()> {
        let (home, tls) = (self.orderer_home(), self.orderer_home().join("tls"));
        let (certificate, key, ca) = (tls.join("server.crt"), tls.join("server.key"), tls.join("ca.crt"));
        let authorities = format!("[{}]", ca.display());
        let mut command = Command::new("orderer");
        command
            .env("ORDERER_GENERAL_LISTENPORT", self.port.to_string())
            .env("ORDERER_GENERAL_LOCALMSPDIR", home.join("msp"))
            .env("ORDERER_ADMIN_LISTENADDRESS", format!("127.0.0.1:{}", self.port + 3))
            .env("ORDERER_ADMIN_TLS_CLIENTROOTCAS", &authorities)
            .env("ORDERER_OPERATIONS_LISTENADDRESS", format!("127.0.0.1:{}", self.port + 9))
            .env("ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE", &certificate)
            .env("ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY", &key)
            .env("ORDERER_GENERAL_CLUSTER_ROOTCAS", &authorities)
            .env("ORDERER_FILELEDGER_LOCATION", self.data.join("orderer/ledger"))
            .env("ORDERER_CONSENSUS_WALDIR", self.data.join("orderer/wal"))
            .env("ORDERER_CONSENSUS_SNAPDIR", self.data.join("orderer/snap"));
        for section in ["GENERAL", "ADMIN"] {
            command
                .env(format!("ORDERER_{section}_TLS_CERTIFICATE"), &certificate)
                .env(format!("ORDERER_{section}_TLS_PRIVATEKEY"), &key)
                .env(format!("ORDERER_{section}_TLS_ROOTCAS"), &authorities);
        }
        self.start("orderer", command)
    }

    fn start_peer(&self, number: u16) -> Result<()> {
        let (port, name) = (self.peer_port(number), format!("peer{number}"));
        let home = self.organisation_home(number).join(format!("peers/peer0-org{number}.{DOMAIN}"));
        let mut command = self.peer_command(number);
        command
            .args(["node", "start"])
            .env("CORE_PEER_ID", format!("peer0-org{number}"))
            .env("CORE_PEER_MSPCONFIGPATH", home.join("msp"))
            .env("CORE_PEER_LISTENADDRESS", format!("127.0.0.1:{port}"))
            .env("CORE_PEER_CHAINCODELISTENADDRESS", format!("127.0.0.1:{}", port + 5))
            .env("CORE_PEER_GOSSIP_EXTERNALENDPOINT", format!("127.0.0.1:{port}"))
            .env("CORE_PEER_GOSSIP_BOOTSTRAP", format!("127.0.0.1:{port}"))
            .env("CORE_PEER_TLS_CERT_FILE", home.join("tls/server.crt"))
            .env("CORE_PEER_TLS_KEY_FILE", home.join("tls/server.key"))
            .env("CORE_PEER_FILESYSTEMPATH", self.data.join(&name))
            .env("CORE_LEDGER_SNAPSHOTS_ROOTDIR", self.data.join(&name).join("snapshots"))
            .env("CORE_OPERATIONS_LISTENADDRESS", format!("127.0.0.1:{}", port + 3));
        self.start(&name, command)
    }

    /// `peer` as an organisation's administrator.
    fn peer_command(&self, number: u16) -> Command {
        let home = self.organisation_home(number);
        let mut command = Command::new("peer");
        command
            .env("FABRIC_CFG_PATH", &self.data)
            .env("CORE_PEER_LOCALMSPID", format!("Org{number}DevnetMSP"))
            .env("CORE_PEER_ADDRESS", format!("127.0.0.1:{}", self.peer_port(number)))
            .env("CORE_PEER_TLS_ENABLED", "true")
            .env("CORE_PEER_TLS_ROOTCERT_FILE", home.join(format!("tlsca/tlsca.org{number}.{DOMAIN}-cert.pem")))
            .env("CORE_PEER_MSPCONFIGPATH", home.join(format!("users/Admin@org{number}.{DOMAIN}/msp")))
            .env("FABRIC_LOGGING_SPEC", "warn");
        command
    }

    /// Starts a process that goes on without us, unless it runs.
    fn start(&self, name: &str, mut command: Command) -> Result<()> {
        let pid_file = self.data.join(format!("{name}.pid"));
        if fs::read_to_string(&pid_file).is_ok_and(|pid| runs(&pid, name)) {
            println!("{name} runs");
            return Ok(());
        }
        let log = self.data.join(format!("{name}.log"));
        let open = || fs::OpenOptions::new().create(true).append(true).open(&log);
        let (out, errors) =
            open().and_then(|out| Ok((out, open()?))).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command
            .env("FABRIC_CFG_PATH", &self.data)
            .env("FABRIC_LOGGING_SPEC", "warn")
            .current_dir(&self.data)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("{name} did not start: {error}"))?;
        println!("{name} started, pid {}", child.id());
        write(&pid_file, &child.id().to_string())
    }

    fn join(&self) -> Result<()> {
        let joined = self.data.join("joined");
        if joined.is_file() {
            return Ok(());
        }
        println!("joining {CHANNEL}");
        let (tls, block) = (self.orderer_home().join("tls"), self.data.join("genesis.block"));
        let mut osnadmin = Command::new("osnadmin");
        osnadmin.args(["channel", "join", "--channelID", CHANNEL, "--config-block"]).arg(&block);
        osnadmin.args(["-o", &format!("127.0.0.1:{}", self.port + 3), "--ca-file"]).arg(tls.join("ca.crt"));
        osnadmin.arg("--client-cert").arg(tls.join("server.crt")).arg("--client-key").arg(tls.join("server.key"));
        let answer = output(&mut osnadmin, "osnadmin")?;
        // It ends with 0 whatever the orderer answers. 405: the channel is there from a run that was broken off.
        if !["Status: 201", "Status: 405"].iter().any(|status| answer.contains(status)) {
            return Err(format!("the orderer did not join the channel: {answer}"));
        }
        for number in [1, 2] {
            let listed = output(self.peer_command(number).args(["channel", "list"]), "peer channel list")?;
            if !listed.contains(CHANNEL) {
                let mut join = self.peer_command(number);
                join.args(["channel", "join", "-b"]).arg(&block);
                run_within(&mut join, STEP_LIMIT, "peer channel join")?;
            }
        }
        write(&joined, "")
    }
}

/// Whether the orderer's metrics say that it leads: «active» comes earlier, and submits fail until there is a leader.
fn leads(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut text = String::new();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").is_ok()
        && stream.read_to_string(&mut text).is_ok()
        && text.lines().any(|line| line.starts_with("consensus_etcdraft_is_leader{") && line.ends_with(" 1"))
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether the process is still the one we started: numbers are used again.
fn runs(pid: &str, name: &str) -> bool {
    let program = if name == "orderer" { "orderer" } else { "peer" };
    fs::read_to_string(format!("/proc/{}/comm", pid.trim())).is_ok_and(|comm| comm.trim() == program)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
