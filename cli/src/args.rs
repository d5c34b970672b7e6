//! What can be typed.

mod fabric;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gx_base::Component;
use gx_types::EnvName;

pub use self::fabric::{
    BenchFabric, Deploy, Doctor, DoctorFabric, Fabric, FabricPart, Identities, Pack, ServeChaincode, ServeSigner,
};

/// GX: payments that a ledger decides, on one machine or in a cluster.
#[derive(Debug, Parser)]
#[command(name = "gx", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole platform on this machine, nothing else needed
    Up(Up),
    /// Run one component of a cluster; settings come from the environment
    Serve(Serve),
    /// Bring the database to the schema of this build
    Migrate(Migrate),
    /// Administrators
    #[command(subcommand)]
    Admin(Admin),
    /// Test people of devnet and testnet
    #[command(subcommand)]
    Personas(Personas),
    /// The audit chain
    #[command(subcommand)]
    Audit(Audit),
    /// The ledger itself
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// The read model that is derived from the ledger
    #[command(subcommand)]
    Projector(ProjectorCommand),
    /// Hyperledger Fabric: identities, the chaincode's package and its deployment
    #[command(subcommand)]
    Fabric(Fabric),
    /// What is missing, in words and within seconds
    #[command(subcommand)]
    Doctor(Doctor),
    /// Repairs of data, each with a dry run
    #[command(subcommand)]
    Repair(Repair),
    /// Measure speed and size; prints ratios against a peer of the same run
    #[command(subcommand)]
    Bench(Bench),
    /// Write the reference pages that this build can print: settings, routes, permissions, errors, metrics, commands
    Docs(Docs),
}

/// Which environment, and where its data is.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Environment: devnet, testnet or mainnet
    #[arg(long, value_parser = parse_env, default_value = "devnet", env = "GX_ENV")]
    pub env: EnvName,
    /// Data folder; each environment has its own
    #[arg(long, value_name = "DIR", env = "GX_DATA")]
    pub data: Option<PathBuf>,
}

impl Place {
    /// The data folder: as given, or `data/<env>` below the current folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("data").join(self.env.as_str()))
    }
}

/// `gx up`.
#[derive(Debug, Args)]
pub struct Up {
    /// Which environment and where
    #[command(flatten)]
    pub place: Place,
    /// Do not make the test people at first start
    #[arg(long)]
    pub no_people: bool,
    /// Start only these components, separated by commas
    #[arg(long, value_name = "COMPONENTS", value_delimiter = ',', value_parser = parse_component)]
    pub only: Vec<Component>,
    /// Open the ledger to Fabric's clients: the Gateway endpoint, with certificates below the data folder
    #[arg(long)]
    pub fabric_gateway: bool,
    /// Port of the wallet; every other port moves along (0: any free ports)
    #[arg(long, value_name = "PORT", env = "GX_PORT")]
    pub port: Option<u16>,
}

/// `gx serve`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Serve {
    /// What is no component of the platform
    #[command(subcommand)]
    pub other: Option<ServeOther>,
    /// The component, by its short name or its workload's name (svc-identity)
    #[arg(value_parser = parse_component, required = true)]
    pub component: Option<Component>,
    /// Address to listen on; the component's own port on all interfaces unless given
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// The ledger only, which speaks no HTTP on its own port: where /livez, /readyz, /health, /metrics and /version are
    /// served; port 9092 on the same interface unless given
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<std::net::SocketAddr>,
    /// Address of the second listener of messaging, which serves the socket only; its own port (3008) unless given or
    /// `--listen` is
    #[arg(long)]
    pub listen_socket: Option<std::net::SocketAddr>,
}

/// What else can be served.
#[derive(Debug, Subcommand)]
pub enum ServeOther {
    /// The contracts, for peers of Hyperledger Fabric
    Chaincode(ServeChaincode),
    /// Private keys of Fabric identities, for processes that may have something signed and not have the keys
    Signer(ServeSigner),
}

/// `gx migrate`.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Which environment and where; the database is DATABASE_URL when that is set
    #[command(flatten)]
    pub place: Place,
    /// Only say what would be done; exits with 1 when something would
    #[arg(long)]
    pub check: bool,
}

/// `gx admin …`.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make a SUPER_OWNER while fewer than two are active; prints a first password
    Create {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Login name
        username: String,
        /// Name that colleagues see
        #[arg(long)]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: String,
    },
    /// Take away an administrator's lost second factor, where no two other owners are left to do it
    ResetMfa {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Login name
        username: String,
    },
    /// Print a code of an administrator's second factor; on devnet alone
    Code {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Login name
        username: String,
    },
}

/// `gx personas …`.
#[derive(Debug, Subcommand)]
pub enum Personas {
    /// Bring the test people to a stage, through the same steps as anyone; does nothing twice
    Apply {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// How far
        #[arg(long, value_enum, default_value = "settled")]
        stage: Stage,
    },
}

/// How far test people are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Registered, nothing handed in
    Registered,
    /// Documents handed in, waiting for an administrator
    Submitted,
    /// Approved and registered on the ledger
    Settled,
}

/// `gx audit …`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the whole audit chain and name what is not as it was written; exits with 1 when something is not
    Verify {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Check an export (lines of JSON) instead, without any database
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

/// `gx ledger …`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Ask for the first commands of a ledger (parameters, pools, countries) and wait until the workers have settled them;
    /// `gx up` does it by itself
    Bootstrap {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
    },
    /// Walk the whole chain: hashes, checksums, and the state derived anew and compared; through a gateway, what it shows
    Verify {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
    },
}

/// `gx projector …`.
#[derive(Debug, Subcommand)]
pub enum ProjectorCommand {
    /// Derive the read model anew from block 0 into shadow tables
    Rebuild {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Compare with the live tables, leave them as they are, exit with 1 on a difference
        #[arg(long, required = true)]
        compare: bool,
    },
}

/// `gx repair …`.
#[derive(Debug, Subcommand)]
pub enum Repair {
    /// Document hashes that are none, and registrations that failed; never invents data
    Users {
        /// Which environment and where
        #[command(flatten)]
        place: Place,
        /// Only print what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

/// `gx docs`.
#[derive(Debug, Args)]
pub struct Docs {
    /// Folder of the pages
    #[arg(long, value_name = "DIR", default_value = "docs/reference")]
    pub out: PathBuf,
    /// Write nothing; exit with 1 when a page is stale
    #[arg(long)]
    pub check: bool,
}

fn parse_env(text: &str) -> Result<EnvName, String> {
    text.parse().map_err(|error: gx_types::EnvNameError| error.to_string())
}

fn parse_component(text: &str) -> Result<Component, String> {
    text.parse().map_err(|error: gx_base::UnknownComponent| {
        let names: Vec<&str> = Component::ALL.iter().map(|component| component.name()).collect();
        format!("{error}; there are {}", names.join(", "))
    })
}

/// `gx bench …`.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// The embedded ledger: settled transfers per second, beside a bare loop with the same bytes and fsyncs
    Ledger {
        /// How many transfers in all
        #[arg(long, default_value_t = 2_000_000)]
        transfers: u64,
        /// How many in flight
        #[arg(long, default_value_t = 1_000)]
        in_flight: u64,
    },
    /// Payments over HTTP until they are settled and projected, the generator included; DATABASE_URL chooses the database
    Http {
        /// Data folder, kept and used again; a temporary one when left out
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// People on the platform; those who are missing are seeded first
        #[arg(long, default_value_t = 1_000)]
        people: u64,
        /// Clients at the same time, each with one payment under way
        #[arg(long, default_value_t = 64)]
        clients: usize,
        /// How long to measure
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// Transfers over Fabric's Gateway, our client beside the official one for Node; our chaincode host beside the official
    /// shim; conflicts. On the Gateway endpoint of an embedded ledger of its own unless a network is named
    Fabric(BenchFabric),
    /// Many logins at the same moment, and how long everybody else's requests take meanwhile
    Login {
        /// How many sign in at once
        #[arg(long, default_value_t = 200)]
        logins: u64,
    },
    /// Notices to connected clients while payments go on, and the memory of idle connections beside a Node server
    Live {
        /// Data folder, kept and used again; a temporary one when left out
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// People on the platform; those who are missing are seeded first; half of them pay, half of them look
        #[arg(long, default_value_t = 400)]
        people: u64,
        /// Payments in a second
        #[arg(long, default_value_t = 500)]
        rate: u64,
        /// How long to measure
        #[arg(long, default_value_t = 20)]
        seconds: u64,
        /// Idle connections
        #[arg(long, default_value_t = 2_000)]
        sockets: usize,
        /// Node, for the comparison
        #[arg(long, value_name = "FILE")]
        node: Option<PathBuf>,
        /// Folder of Node's modules, with socket.io
        #[arg(long, value_name = "DIR")]
        node_modules: Option<PathBuf>,
    },
    /// `gx up` as a process of its own: start to ready, and resident memory and processor time when nothing happens
    Up {
        /// Data folder, kept and used again; a temporary one when left out
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// People on the platform; those who are missing are seeded first
        #[arg(long, default_value_t = 100_000)]
        people: u64,
        /// How long to watch it doing nothing
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Seed people in bulk, registered on the ledger with their grants
    Seed {
        /// Data folder
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// People in all
        #[arg(long)]
        people: u64,
    },
}
