//! SDK clients, each with the interceptor that counts and traces calls, and with
//! its own retry quota.

use aws_config::SdkConfig;
use aws_sdk_codepipeline::config::retry::RetryPartition;

use super::calls::Calls;
use super::throttled::NoThrottledRetry;

/// A retry quota for one client and its clones, as large as the SDK's default:
/// 50 to 100 retries, given back by calls that succeed. The default is one quota
/// for all clients of a service and Region in the process. Then an outage that
/// concerns one role's account would leave the calls with other roles without
/// retries.
pub(super) fn own_retry_quota() -> RetryPartition {
    RetryPartition::custom("own").build()
}

pub(super) fn cloudwatch(config: &SdkConfig) -> aws_sdk_cloudwatch::Client {
    let config = aws_sdk_cloudwatch::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_cloudwatch::Client::from_conf(config.build())
}

pub(super) fn codedeploy(config: &SdkConfig) -> aws_sdk_codedeploy::Client {
    let config = aws_sdk_codedeploy::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_codedeploy::Client::from_conf(config.build())
}

pub(super) fn codepipeline(config: &SdkConfig) -> aws_sdk_codepipeline::Client {
    let config = aws_sdk_codepipeline::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_codepipeline::Client::from_conf(config.build())
}

/// A client that does not retry throttled calls. Its caller paces them.
pub(super) fn paced_codepipeline(config: &SdkConfig) -> aws_sdk_codepipeline::Client {
    let config = aws_sdk_codepipeline::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota())
        .retry_classifier(NoThrottledRetry);
    aws_sdk_codepipeline::Client::from_conf(config.build())
}

pub(super) fn ecs(config: &SdkConfig) -> aws_sdk_ecs::Client {
    let config = aws_sdk_ecs::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_ecs::Client::from_conf(config.build())
}

pub(super) fn events(config: &SdkConfig) -> aws_sdk_eventbridge::Client {
    let config = aws_sdk_eventbridge::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_eventbridge::Client::from_conf(config.build())
}

pub(super) fn iam(config: &SdkConfig) -> aws_sdk_iam::Client {
    let config = aws_sdk_iam::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_iam::Client::from_conf(config.build())
}

pub(super) fn load_balancers(config: &SdkConfig) -> aws_sdk_elasticloadbalancingv2::Client {
    let config = aws_sdk_elasticloadbalancingv2::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build())
}

pub(super) fn logs(config: &SdkConfig) -> aws_sdk_cloudwatchlogs::Client {
    let config = aws_sdk_cloudwatchlogs::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
}

pub(super) fn sts(config: &SdkConfig) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::config::Builder::from(config)
        .interceptor(Calls)
        .retry_partition(own_retry_quota());
    aws_sdk_sts::Client::from_conf(config.build())
}
