//! Links to the console: the pages of what is deployed to, and of a deployment.

use crate::job::{DeploymentId, Engine, TaskDefinitionArn};

/// Path of the deployment group's page.
const GROUP: &str = "/codesuite/codedeploy/applications/{Config:ApplicationName}\
                     /deployment-groups/{Config:DeploymentGroupName}";

/// Path of a CodeDeploy deployment's page.
const DEPLOYMENT: &str = "/codesuite/codedeploy/deployments/{ExternalExecutionId}";

/// Path of the service's page (docs/aws.md §1.1).
const SERVICE: &str = "/ecs/v2/clusters/{Config:ClusterName}/services/{Config:ServiceName}";

/// Path of the page with the service's deployments. No document states the path
/// of the page of one (docs/aws.md §1.1).
const SERVICE_DEPLOYMENTS: &str =
    "/ecs/v2/clusters/{Config:ClusterName}/services/{Config:ServiceName}/deployments";

/// The paths of the action's two links, with CodePipeline's placeholders: to
/// what it deploys to, and to its deployment.
pub(super) const fn templates(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::CodeDeploy => (GROUP, DEPLOYMENT),
        Engine::Ecs => (SERVICE, SERVICE_DEPLOYMENTS),
    }
}

/// The link to a path of the console in a Region.
pub(super) fn link(region: &str, path: &str) -> String {
    let console = if region.starts_with("cn-") {
        format!("https://{region}.console.amazonaws.cn")
    } else if region.starts_with("us-gov-") {
        "https://console.amazonaws-us-gov.com".into()
    } else {
        format!("https://{region}.console.aws.amazon.com")
    };
    format!("{console}{path}?region={region}")
}

/// Link to a deployment in the console, in the Region of its task definition.
/// `None` if that ARN has no Region, or the deployment's ARN no service.
#[must_use]
pub fn deployment_link(beside: &TaskDefinitionArn, id: &DeploymentId) -> Option<String> {
    let region = beside.as_str().split(':').nth(3)?;
    let path = match id.engine() {
        Engine::CodeDeploy => DEPLOYMENT.replace("{ExternalExecutionId}", id.as_str()),
        Engine::Ecs => {
            let name = id.to_string();
            let (cluster, rest) = name.split_once('/')?;
            let (service, _) = rest.split_once('/')?;
            SERVICE_DEPLOYMENTS
                .replace("{Config:ClusterName}", cluster)
                .replace("{Config:ServiceName}", service)
        }
    };
    (!region.is_empty()).then(|| link(region, &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_open_the_partitions_own_console() {
        for (region, console) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/x"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/x"),
            ("us-gov-west-1", "https://console.amazonaws-us-gov.com/x"),
        ] {
            assert_eq!(link(region, "/x"), format!("{console}?region={region}"));
        }
    }

    #[test]
    fn the_id_tells_whose_deployment_it_is() {
        let to = |partition: &str, region: &str, id: &str| {
            let revision =
                format!("arn:{partition}:ecs:{region}:111122223333:task-definition/web:7");
            deployment_link(&TaskDefinitionArn::new(revision), &DeploymentId::new(id))
        };
        assert_eq!(
            to("aws", "eu-west-1", "d-A1B2C3111").as_deref(),
            Some(
                "https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/\
                 d-A1B2C3111?region=eu-west-1"
            )
        );
        let own = "arn:aws-cn:ecs:cn-north-1:111122223333:service-deployment/shop/web/pGcb0b9w";
        assert_eq!(
            to("aws-cn", "cn-north-1", own).as_deref(),
            Some(
                "https://cn-north-1.console.amazonaws.cn/ecs/v2/clusters/shop/services/web/\
                 deployments?region=cn-north-1"
            )
        );
        let cut = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/shop";
        assert_eq!(to("aws", "eu-west-1", cut), None);
        assert_eq!(to("aws", "", own), None);
    }
}
