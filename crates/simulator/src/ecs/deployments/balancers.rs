//! The load balancers of a service: what ECS refuses, and the target groups
//! that revisions alternate between (docs/aws.md §6.1).

use serde_json::Value;

use crate::api::ApiError;
use crate::ecs::call::invalid;
use crate::json::Members;

use super::strategy::Strategy;

/// One entry of `loadBalancers`.
#[derive(Clone, Debug)]
pub(super) struct Balancer {
    pub(super) target_group: String,
    pub(super) container: String,
    pub(super) port: Option<u64>,
    /// Present for services that ECS shifts traffic for.
    pub(super) pair: Option<Pair>,
}

/// `advancedConfiguration`.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) alternate: String,
    pub(super) production_rule: String,
    pub(super) test_rule: Option<String>,
}

impl Balancer {
    /// The target group of a new revision, if the serving one uses these.
    pub(super) fn next(&self, serving: &[String]) -> &str {
        match &self.pair {
            Some(pair) if serving.contains(&self.target_group) => &pair.alternate,
            Some(_) | None => &self.target_group,
        }
    }

    pub(super) fn is_network(&self) -> bool {
        let pair = self.pair.as_ref();
        pair.is_some_and(|pair| pair.production_rule.contains(":listener/net/"))
    }

    pub(super) fn has_test_rule(&self) -> bool {
        let pair = self.pair.as_ref();
        pair.is_some_and(|pair| pair.test_rule.is_some())
    }
}

/// The load balancers in a service's settings.
pub(super) fn read(settings: &Value, strategy: Strategy) -> Result<Vec<Balancer>, ApiError> {
    let settings = Members::of(settings)?;
    let entries = settings.objects("loadBalancers")?;
    let with_pair = entries
        .iter()
        .filter(|entry| entry.raw("advancedConfiguration").is_some())
        .count();
    if with_pair > 0 && with_pair < entries.len() {
        return Err(invalid(
            "Either all or none of the provided loadBalancers must have advancedConfiguration \
             defined",
        ));
    }
    if strategy != Strategy::Rolling && with_pair < entries.len() {
        return Err(invalid(
            "advancedConfiguration field is required for all loadBalancers when using a \
             non-ROLLING deployment strategy",
        ));
    }
    let balancers: Vec<Balancer> = entries
        .into_iter()
        .map(balancer)
        .collect::<Result<_, _>>()?;
    check_target_groups(&balancers)?;
    check_rules(&balancers)?;
    Ok(balancers)
}

fn balancer(entry: Members<'_>) -> Result<Balancer, ApiError> {
    let advanced = entry.object("advancedConfiguration")?;
    if entry.raw("loadBalancerName").is_some() && advanced.is_some() {
        return Err(invalid(
            "advancedConfiguration field is not allowed with ELBv1 loadBalancers",
        ));
    }
    let text = |name: &str| Ok(entry.text(name)?.unwrap_or_default().to_owned());
    let pair = advanced.map(pair).transpose()?;
    Ok(Balancer {
        target_group: text("targetGroupArn")?,
        container: text("containerName")?,
        port: entry
            .number("containerPort")?
            .and_then(|port| u64::try_from(port).ok()),
        pair,
    })
}

fn pair(advanced: Members<'_>) -> Result<Pair, ApiError> {
    let required = |name: &str| {
        let text = advanced.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| invalid(format!("{name} must be specified in advancedConfiguration")))
    };
    let checked = |name: &str, rule: &str| match is_rule(rule) {
        true => Ok(rule.to_owned()),
        false => Err(invalid(format!(
            "{name} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. \
             Got: {rule}"
        ))),
    };
    let (production, test) = ("productionListenerRule", "testListenerRule");
    let test_rule = advanced.text(test)?;
    Ok(Pair {
        production_rule: checked(production, required(production)?)?,
        test_rule: test_rule.map(|rule| checked(test, rule)).transpose()?,
        alternate: required("alternateTargetGroupArn")?.to_owned(),
    })
}

/// Whether an ARN is that of an Application Load Balancer's rule or a Network
/// Load Balancer's listener.
fn is_rule(arn: &str) -> bool {
    arn.contains(":listener-rule/app/") || arn.contains(":listener/net/")
}

fn check_target_groups(balancers: &[Balancer]) -> Result<(), ApiError> {
    let mut seen: Vec<&str> = Vec::new();
    for balancer in balancers {
        let alternate = balancer.pair.as_ref().map(|pair| pair.alternate.as_str());
        let own = Some(balancer.target_group.as_str()).filter(|arn| !arn.is_empty());
        for arn in own.into_iter().chain(alternate) {
            if seen.contains(&arn) && balancer.pair.is_some() {
                return Err(invalid(format!("Duplicate targetGroupArn found: {arn}")));
            }
            seen.push(arn);
        }
    }
    Ok(())
}

fn check_rules(balancers: &[Balancer]) -> Result<(), ApiError> {
    let pairs = || balancers.iter().filter_map(|one| one.pair.as_ref());
    let both: Vec<&str> = pairs()
        .filter_map(|pair| pair.test_rule.as_deref())
        .filter(|rule| pairs().any(|pair| pair.production_rule == *rule))
        .collect();
    if both.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "The following rules cannot be used as both production and test listener rules: {}",
        both.join(", ")
    )))
}

/// Every load balancer's container and port must be in the task definition.
pub(super) fn check_containers(
    balancers: &[Balancer],
    definition: &crate::ecs::revision::Revision,
) -> Result<(), ApiError> {
    for Balancer {
        container, port, ..
    } in balancers
    {
        let found = definition
            .containers()
            .find(|one| one["name"] == container.as_str())
            .ok_or_else(|| {
                invalid(format!(
                    "The container {container} does not exist in the task definition."
                ))
            })?;
        let mappings = found["portMappings"].as_array();
        let mut ports = mappings.into_iter().flatten();
        if let Some(port) = port
            && !ports.any(|mapping| mapping["containerPort"] == *port)
        {
            return Err(invalid(format!(
                "The container {container} did not have a container port {port} defined."
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULE: &str =
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/w/1/2/3";
    const TEST: &str =
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener-rule/app/w/1/4/5";

    fn group(name: &str) -> String {
        format!("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{name}/1")
    }

    fn entry() -> Value {
        json!({
            "targetGroupArn": group("blue"), "containerName": "web", "containerPort": 8080,
            "advancedConfiguration": {
                "alternateTargetGroupArn": group("green"),
                "productionListenerRule": RULE,
                "testListenerRule": TEST,
                "roleArn": "arn:aws:iam::111122223333:role/ecs",
            },
        })
    }

    fn refusal(entries: &[Value], strategy: Strategy) -> String {
        let error = read(&json!({ "loadBalancers": entries }), strategy).unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
        error.message
    }

    #[test]
    fn load_balancers_are_refused_as_the_troubleshooting_page_words_it() {
        let changed = |member: &str, value: Value| {
            let mut entry = entry();
            entry["advancedConfiguration"][member] = value;
            entry
        };
        let plain = |mut entry: Value| {
            entry["advancedConfiguration"] = Value::Null;
            entry
        };
        let check = |entries: &[Value], strategy, expected: &str| {
            let message = refusal(entries, strategy);
            assert!(message.starts_with(expected), "{message}");
        };
        let listener = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/w/1/2";
        check(
            &[changed("productionListenerRule", json!(listener))],
            Strategy::BlueGreen,
            "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or \
             ListenerArn for NLB. Got: arn:",
        );
        check(
            &[changed("testListenerRule", json!(RULE))],
            Strategy::BlueGreen,
            "The following rules cannot be used as both production and test listener rules: arn:",
        );
        check(
            &[changed("alternateTargetGroupArn", json!(group("blue")))],
            Strategy::BlueGreen,
            "Duplicate targetGroupArn found: arn:",
        );
        check(
            &[plain(entry())],
            Strategy::BlueGreen,
            "advancedConfiguration field is required for all loadBalancers",
        );
        let mut other = plain(entry());
        other["targetGroupArn"] = json!(group("other"));
        check(
            &[entry(), other],
            Strategy::Rolling,
            "Either all or none of the provided loadBalancers",
        );
        let mut classic = entry();
        classic["loadBalancerName"] = json!("old");
        check(
            &[classic],
            Strategy::BlueGreen,
            "advancedConfiguration field is not allowed with ELBv1",
        );
    }

    #[test]
    fn a_network_load_balancer_has_listeners_in_place_of_rules() {
        let mut entry = entry();
        entry["advancedConfiguration"]["productionListenerRule"] =
            json!("arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/net/w/1/2");
        let settings = json!({ "loadBalancers": [entry] });
        let balancers = read(&settings, Strategy::BlueGreen).unwrap();
        assert!(balancers[0].is_network());
    }

    #[test]
    fn revisions_alternate_between_the_target_groups() {
        let settings = json!({ "loadBalancers": [entry()] });
        let balancers = read(&settings, Strategy::BlueGreen).unwrap();
        assert_eq!(balancers[0].next(&[]), group("blue"));
        assert_eq!(balancers[0].next(&[group("blue")]), group("green"));
        assert_eq!(balancers[0].next(&[group("green")]), group("blue"));
    }
}
