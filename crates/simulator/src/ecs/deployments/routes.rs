//! The rules of a service's listeners, as ECS's own deployments set them.

use crate::ecs::names::target_group_name;
use crate::ecs::service::Service;
use crate::ecs::state::Ecs;
use crate::routes::Routes;
use crate::share::Share;

/// Current rules of the listeners of the service's first load balancer.
pub(crate) fn routes(service: &Service) -> Routes {
    Routes {
        production: by_name(service.production_groups(0)),
        test: by_name(service.test_group(0)).pop().map(|(name, _)| name),
    }
}

/// The target groups to which a listener rule forwards, or the listener of a
/// Network Load Balancer; `None` if no service names it.
pub(crate) fn rule_routes(ecs: &Ecs, arn: &str) -> Option<Vec<(String, Share)>> {
    let mut services = ecs.active_services();
    services.find_map(|service| {
        let settings = service.settings["loadBalancers"].as_array()?;
        settings.iter().enumerate().find_map(|(index, balancer)| {
            let pair = &balancer["advancedConfiguration"];
            let mut groups = if pair["productionListenerRule"] == arn {
                service.production_groups(index)
            } else if pair["testListenerRule"] == arn {
                service.test_group(index)
            } else {
                return None;
            };
            // ECS keeps both target groups in a rule, one of them without
            // traffic.
            for group in [
                &balancer["targetGroupArn"],
                &pair["alternateTargetGroupArn"],
            ] {
                if let Some(group) = group.as_str()
                    && !groups.iter().any(|(known, _)| known == group)
                {
                    groups.push((group.to_owned(), Share::NONE));
                }
            }
            Some(groups)
        })
    })
}

/// Whether a service names this target group.
pub(crate) fn has_target_group(ecs: &Ecs, arn: &str) -> bool {
    ecs.active_services().any(|service| {
        let balancers = service.settings["loadBalancers"].as_array();
        let mut balancers = balancers.into_iter().flatten();
        balancers.any(|balancer| {
            balancer["targetGroupArn"] == arn
                || balancer["advancedConfiguration"]["alternateTargetGroupArn"] == arn
        })
    })
}

impl Service {
    /// ARNs of the target groups of one load balancer with their shares of the
    /// production traffic.
    fn production_groups(&self, balancer: usize) -> Vec<(String, Share)> {
        let mut groups: Vec<(String, Share)> = Vec::new();
        for (revision, share) in &self.deployments.production {
            let Some(arn) = self.target_group(revision, balancer) else {
                continue;
            };
            match groups.iter_mut().find(|(known, _)| known == arn) {
                Some((_, sum)) => *sum = sum.plus(*share),
                None => groups.push((arn.to_owned(), *share)),
            }
        }
        groups
    }

    /// ARN of the target group with the test traffic.
    fn test_group(&self, balancer: usize) -> Vec<(String, Share)> {
        let tested = self.deployments.test.as_deref();
        let revision = tested.or_else(|| self.deployments.serving());
        let arn = revision.and_then(|revision| self.target_group(revision, balancer));
        arn.map(|arn| (arn.to_owned(), Share::ALL))
            .into_iter()
            .collect()
    }

    fn target_group(&self, revision: &str, balancer: usize) -> Option<&str> {
        let revision = self.deployments.revision(revision)?;
        revision.target_groups.get(balancer).map(String::as_str)
    }
}

fn by_name(groups: Vec<(String, Share)>) -> Vec<(String, Share)> {
    groups
        .into_iter()
        .filter_map(|(arn, share)| Some((target_group_name(&arn)?.to_owned(), share)))
        .collect()
}
