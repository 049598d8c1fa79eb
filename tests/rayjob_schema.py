"""The fields of a RayJob that our recipe uses, as a JSON Schema written by hand.

Names and types were read in KubeRay's own sources: ``ray-operator/apis/ray/v1/rayjob_types.go`` and
``raycluster_types.go``, the CRD ``ray-operator/config/crd/bases/ray.io_rayjobs.yaml`` (ray.io/v1;
environment, autoscaler options) and the API reference of KubeRay 1.5 to 1.7 (``authOptions``); the
parts of a pod are those of Kubernetes' core/v1. The CRD itself is a megabyte of pod templates. It
has more fields; here anything else is refused, so that an invented or misspelt one fails.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
QUANTITY: Schema = {"type": ["string", "integer"], "pattern": r"^[0-9]+(\.[0-9]+)?(m|[KMGT]i?)?$"}


def record(required: str = "", **fields: Schema) -> Schema:
    """An object with these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": required.split(),
        "additionalProperties": False,
    }


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


NAMED = record("name", name=TEXT)
QUANTITIES = record("cpu memory", cpu=QUANTITY, memory=QUANTITY)
PORT = record("containerPort", containerPort=COUNT, name={"type": "string", "maxLength": 15})
CONTAINER = record(
    "name image",
    name=TEXT,
    image=TEXT,
    ports=array(PORT),
    envFrom=array(record(secretRef=NAMED, configMapRef=NAMED)),
    resources=record(requests=QUANTITIES, limits=QUANTITIES),
    volumeMounts=array(record("name mountPath", name=TEXT, mountPath=TEXT, readOnly=YES_OR_NO)),
)
TOLERATION = record(
    key=TEXT,
    operator={"enum": ["Equal", "Exists"]},
    value=TEXT,
    effect={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
)
POD = record(
    "containers",
    containers=array(CONTAINER),
    tolerations=array(TOLERATION),
    volumes=array(record("name", name=TEXT, configMap=NAMED)),
)
TEMPLATE = record("spec", spec=POD)
CLUSTER = record(
    "headGroupSpec",
    rayVersion=TEXT,
    authOptions=record(mode={"enum": ["disabled", "token"]}),
    enableInTreeAutoscaling=YES_OR_NO,
    autoscalerOptions=record(
        idleTimeoutSeconds=COUNT,
        upscalingMode={"enum": ["Default", "Aggressive", "Conservative"]},
    ),
    headGroupSpec=record("rayStartParams template", rayStartParams=TEXTS, template=TEMPLATE),
    workerGroupSpecs=array(
        record(
            "groupName minReplicas maxReplicas rayStartParams template",
            groupName=TEXT,
            replicas=COUNT,
            minReplicas=COUNT,
            maxReplicas=COUNT,
            rayStartParams=TEXTS,
            template=TEMPLATE,
        )
    ),
)
RAY_JOB = record(
    "apiVersion kind metadata spec",
    apiVersion={"const": "ray.io/v1"},
    kind={"const": "RayJob"},
    metadata=NAMED,
    spec=record(
        "entrypoint rayClusterSpec",
        entrypoint=TEXT,
        submissionMode={"enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]},
        submitterConfig=record(backoffLimit=COUNT),
        backoffLimit=COUNT,
        shutdownAfterJobFinishes=YES_OR_NO,
        ttlSecondsAfterFinished=COUNT,
        rayClusterSpec=CLUSTER,
    ),
)
CONFIG_MAP = record(
    "apiVersion kind metadata data",
    apiVersion={"const": "v1"},
    kind={"const": "ConfigMap"},
    metadata=NAMED,
    data=TEXTS,
)
