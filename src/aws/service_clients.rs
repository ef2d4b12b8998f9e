//! SDK clients, each with the interceptor that counts and traces calls, and with
//! its own retry quota.

use aws_config::SdkConfig;
use aws_sdk_codepipeline::config::retry::RetryPartition;

use super::call_interceptor::CallInterceptor;
use super::throttled::NoThrottledRetry;

/// A retry quota for one client and its clones, as large as the SDK's default:
/// 50 to 100 retries, given back by calls that succeed. The default is one quota
/// for all clients of a service and Region in the process. Then an outage that
/// concerns one role's account would leave the calls with other roles without
/// retries.
fn own_retry_quota() -> RetryPartition {
    RetryPartition::custom("own").build()
}

/// What the clients of all services have in common.
macro_rules! builder {
    ($sdk:ident, $config:expr) => {
        $sdk::config::Builder::from($config)
            .interceptor(CallInterceptor)
            .retry_partition(own_retry_quota())
    };
}

macro_rules! clients {
    ($($name:ident: $sdk:ident $(, $classifier:expr)?);* $(;)?) => {$(
        pub(super) fn $name(config: &SdkConfig) -> $sdk::Client {
            let config = builder!($sdk, config)$(.retry_classifier($classifier))?;
            $sdk::Client::from_conf(config.build())
        }
    )*};
}

clients! {
    cloudwatch: aws_sdk_cloudwatch;
    codepipeline: aws_sdk_codepipeline;
    ecs: aws_sdk_ecs;
    events: aws_sdk_eventbridge;
    iam: aws_sdk_iam;
    load_balancers: aws_sdk_elasticloadbalancingv2;
    logs: aws_sdk_cloudwatchlogs;
    sts: aws_sdk_sts;
    // Their callers pace and repeat throttled calls.
    codedeploy: aws_sdk_codedeploy, NoThrottledRetry;
    paced_codepipeline: aws_sdk_codepipeline, NoThrottledRetry;
}

/// For clients of S3, which differ in addresses, credentials and checksums.
pub(super) fn s3(config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    builder!(aws_sdk_s3, config)
}

/// For clients of ECR, which differ in their Region and share one retry quota.
pub(super) fn ecr(config: &SdkConfig) -> aws_sdk_ecr::config::Builder {
    builder!(aws_sdk_ecr, config)
}
