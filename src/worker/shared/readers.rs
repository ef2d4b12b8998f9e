//! Readers of deployments and tasks that jobs share, so that they read with
//! few calls. Jobs that assume a role share those of the role.

use std::sync::{Arc, Weak};

use clock::Clock;
use parking_lot::Mutex;

use super::batch_reader::BatchReader;
use super::new_tasks_reader::NewTasksReader;
use crate::job::AllowedRole;
use crate::ports::Ports;

/// The readers of deployments and of the tasks they start.
#[derive(Clone)]
pub(in crate::worker) struct SharedReaders {
    pub(in crate::worker) deployments: Arc<BatchReader>,
    pub(in crate::worker) new_tasks: Arc<NewTasksReader>,
}

impl SharedReaders {
    pub(in crate::worker) fn new(ports: &Ports, clock: &Clock) -> Self {
        let new_tasks = NewTasksReader::new(ports.services.clone(), clock.clone());
        Self {
            deployments: Arc::new(BatchReader::new(ports.deployments.clone(), clock.clone())),
            new_tasks: Arc::new(new_tasks),
        }
    }
}

/// The readers of each role, shared by all jobs with that role. They use the
/// credentials of the first of these jobs and live as long as any of them.
#[derive(Default)]
pub(in crate::worker) struct RoleReaders(Mutex<Vec<Known>>);

struct Known {
    role: AllowedRole,
    deployments: Weak<BatchReader>,
    new_tasks: Weak<NewTasksReader>,
}

impl RoleReaders {
    pub(in crate::worker) fn of(
        &self,
        role: &AllowedRole,
        ports: &Ports,
        clock: &Clock,
    ) -> SharedReaders {
        let mut known = self.0.lock();
        known.retain(|known| known.deployments.strong_count() > 0);
        let found = known.iter().find(|known| known.role == *role);
        if let Some(readers) = found.and_then(Known::readers) {
            return readers;
        }
        let readers = SharedReaders::new(ports, clock);
        known.push(Known {
            role: role.clone(),
            deployments: Arc::downgrade(&readers.deployments),
            new_tasks: Arc::downgrade(&readers.new_tasks),
        });
        readers
    }
}

impl Known {
    fn readers(&self) -> Option<SharedReaders> {
        Some(SharedReaders {
            deployments: self.deployments.upgrade()?,
            new_tasks: self.new_tasks.upgrade()?,
        })
    }
}
