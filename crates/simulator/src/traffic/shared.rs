//! What the parts of the traffic share.

use super::account::Account;
use super::client::{Client, client};
use super::meter::Meter;
use super::program_messages::ProgramMessages;
use super::routing_table::RoutingTable;
use super::shell::Groups;

/// What the parts of the traffic share. Clones share it too.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) account: Account,
    pub(super) client: Client,
    pub(super) routing_table: RoutingTable,
    pub(super) meter: Meter,
    pub(super) messages: ProgramMessages,
    pub(super) groups: Groups,
}

impl Shared {
    pub(super) fn new(account: Account) -> Self {
        Self {
            client: client(),
            routing_table: RoutingTable::default(),
            meter: Meter::new(account.now(), account.speed()),
            messages: ProgramMessages::new(account.clone()),
            groups: Groups::default(),
            account,
        }
    }
}
