//! SDK clients, each with the interceptor that counts and traces calls, and with
//! its own retry quota.

use aws_config::SdkConfig;
use aws_sdk_codepipeline::config::retry::RetryPartition;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::call_interceptor::{CallInterceptor, outcome};
use crate::ports::CallErrorKind;

/// What the clients of all services have in common. The retry quota, for one
/// client and its clones, is as large as the SDK's default: 50 to 100 retries,
/// given back by calls that succeed. The default is one quota for all clients of
/// a service and Region in the process. Then an outage that concerns one role's
/// account would leave the calls with other roles without retries.
macro_rules! builder {
    ($sdk:ident, $config:expr) => {
        $sdk::config::Builder::from($config)
            .interceptor(CallInterceptor)
            .retry_partition(RetryPartition::custom("own").build())
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
/// `by_path` selects path-style addresses, for an endpoint of S3 alone
/// (`AWS_ENDPOINT_URL_S3`), which rarely has a host per bucket. They are always
/// used if one custom endpoint serves all services.
pub(super) fn s3(config: &SdkConfig, by_path: bool) -> aws_sdk_s3::config::Builder {
    let by_path = by_path || config.endpoint_url().is_some();
    builder!(aws_sdk_s3, config).force_path_style(by_path)
}

/// For clients of ECR, which differ in their Region and share one retry quota.
pub(super) fn ecr(config: &SdkConfig) -> aws_sdk_ecr::config::Builder {
    builder!(aws_sdk_ecr, config)
}

/// Leaves throttled calls to the caller, which paces them: the SDK's retries
/// would bypass its rate.
#[derive(Debug)]
struct NoThrottledRetry;

impl ClassifyRetry for NoThrottledRetry {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(outcome) {
            Some(outcome) if outcome == CallErrorKind::Throttled.name() => {
                RetryAction::RetryForbidden
            }
            Some(_) | None => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "NoThrottledRetry"
    }
}
