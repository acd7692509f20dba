"""The one thing that must be there before any stack: a bucket for templates and code, in each region. A stack of its own makes it.

CDK's own bootstrap would add five roles, one of them with all rights in the account, and a registry; nothing here needs them.
"""

from __future__ import annotations

import json

from infrastructure.deploy.stacks import Template
from infrastructure.names import Names

OLD_VERSIONS_DAYS = 90


def bucket_template(names: Names, account: str, region: str) -> Template:
    """Kept when the stack goes: the records of releases are in it."""
    bucket = names.deploy_bucket(account, region)
    arn = {"Fn::GetAtt": ["Bucket", "Arn"]}
    properties = {
        "BucketName": bucket,
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "VersioningConfiguration": {"Status": "Enabled"},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "old-versions",
                    "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                }
            ]
        },
    }
    only_tls = {
        "Sid": "RequireTls",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": [arn, {"Fn::Join": ["", [arn, "/*"]]}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    resources = {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": properties,
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [only_tls]},
            },
        },
    }
    return Template(
        stack=names.of("bootstrap"),
        region=region,
        url="",
        tags={"apranova": names.name, "apranova:part": "bootstrap"},
        protected=True,
        body=json.dumps({"Description": f"{names.name}: what a deploy needs", "Resources": resources}),
    )
