//! How a request names its service.

use clock::Clock;
use jiff::Timestamp;
use simulator::wire::message::Request;
use simulator::wire::{Exchange, Options};
use simulator::world::World;

/// The service that the ledger names for a request.
async fn named_service(path: &str, header: (&str, &str), body: &str) -> String {
    let now = Timestamp::UNIX_EPOCH;
    let clock = Clock::simulated(now, 1.0);
    let exchange = Exchange::new(World::new(now), clock, Options::default());
    let request = Request {
        method: "POST".into(),
        path: path.into(),
        headers: vec![(header.0.into(), header.1.into())],
        body: body.into(),
        ..Request::default()
    };
    exchange.answer(request).await.unwrap();
    let world = exchange.world();
    let world = world.lock();
    world.ledger.entries().next().unwrap().service.clone()
}

#[tokio::test(start_paused = true)]
async fn a_target_names_the_service_and_the_operation() {
    for (target, service) in [
        ("CodePipeline_20150709.PollForJobs", "codepipeline"),
        ("CodeDeploy_20141006.GetDeployment", "codedeploy"),
        ("AmazonEC2ContainerServiceV20141113.ListTasks", "ecs"),
        ("AmazonEC2ContainerRegistry_V20150921.BatchGetImage", "ecr"),
        ("AWSEvents.PutEvents", "events"),
        ("Logs_20140328.DescribeLogGroups", "logs"),
        ("GraniteServiceVersion20100801.DescribeAlarms", "cloudwatch"),
        ("AWSEvens.PutEvents", "unknown"),
    ] {
        let named = named_service("/", ("x-amz-target", target), "").await;
        assert_eq!(named, service, "{target}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_names_a_service_that_takes_cbor() {
    for (model, service) in [
        ("CodePipeline_20150709", "codepipeline"),
        ("CodeDeploy_20141006", "codedeploy"),
        ("GraniteServiceVersion20100801", "cloudwatch"),
        ("AmazonEC2ContainerServiceV20141113", "unknown"),
    ] {
        let path = format!("/service/{model}/operation/X");
        let protocol = ("smithy-protocol", "rpc-v2-cbor");
        assert_eq!(named_service(&path, protocol, "").await, service, "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_version_in_a_form_names_the_service() {
    for (version, service) in [
        ("2010-05-08", "iam"),
        ("2016-11-15", "ec2"),
        ("2015-12-01", "elasticloadbalancing"),
        ("2011-06-15", "sts"),
    ] {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("Action=X&Version={version}");
        assert_eq!(named_service("/", kind, &body).await, service, "{version}");
    }
}
