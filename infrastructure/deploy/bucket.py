"""The stack that must exist before the others: in each region a bucket for templates and code.

CDK's bootstrap would add five roles, one with all rights in the account, and a registry.
"""

from __future__ import annotations

import json

from infrastructure.deploy.stacks import Template
from infrastructure.names import Names

OLD_VERSIONS_DAYS = 90
PRIVATE = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def bucket_template(names: Names, account: str, region: str) -> Template:
    """The bucket is kept when the stack is deleted: it has the records of releases."""
    arn = {"Fn::GetAtt": ["Bucket", "Arn"]}
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    old_versions = {
        "Id": "old-versions",
        "Status": "Enabled",
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    only_tls = {
        "Sid": "RequireTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [arn, {"Fn::Join": ["", [arn, "/*"]]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "BucketName": names.deploy_bucket(account, region),
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [encryption]},
            "PublicAccessBlockConfiguration": dict.fromkeys(PRIVATE, True),
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {"Rules": [old_versions]},
        },
    }
    document = {"Version": "2012-10-17", "Statement": [only_tls]}
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document},
    }
    resources = {"Bucket": bucket, "Policy": policy}
    return Template(
        stack=names.of("bootstrap"),
        region=region,
        url="",
        tags={"apranova": names.name, "apranova:part": "bootstrap"},
        protected=True,
        body=json.dumps({"Description": f"{names.name}: what a deploy needs", "Resources": resources}),
    )
