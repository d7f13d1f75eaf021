"""What a ScaledObject may say. Its kind is KEDA's, so Kubernetes has no schema of it.

This one knows only what deploy/scale uses, and refuses everything else: a key that is
misspelt is a key that it does not know.
"""

from __future__ import annotations

from typing import Any


def exactly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
POLICY = exactly(
    {"type": {"enum": ["Pods", "Percent"]}, "value": COUNT, "periodSeconds": COUNT}
)
BEHAVIOUR = exactly(
    {"policies": {"type": "array", "items": POLICY}},
    stabilizationWindowSeconds=COUNT,
    selectPolicy={"enum": ["Max", "Min", "Disabled"]},
)
# Figures are texts, as in all of KEDA's metadata.
POSTGRESQL = exactly(
    {"query": TEXT, "targetQueryValue": {"pattern": r"^\d+(\.\d+)?$", **TEXT}},
    connectionFromEnv=TEXT,
    activationTargetQueryValue=TEXT,
)
SCALED_OBJECT = exactly(
    {
        "apiVersion": {"const": "keda.sh/v1alpha1"},
        "kind": {"const": "ScaledObject"},
        "metadata": exactly({"name": TEXT, "namespace": TEXT}, labels=TEXTS),
        "spec": exactly(
            {
                "scaleTargetRef": exactly({"name": TEXT}, kind=TEXT, apiVersion=TEXT),
                "triggers": {
                    "type": "array",
                    "minItems": 1,
                    "items": exactly(
                        {"type": {"const": "postgresql"}, "metadata": POSTGRESQL}
                    ),
                },
                "minReplicaCount": COUNT,
                "maxReplicaCount": COUNT,
            },
            pollingInterval=COUNT,
            cooldownPeriod=COUNT,
            fallback=exactly({"failureThreshold": COUNT, "replicas": COUNT}),
            advanced=exactly(
                {
                    "horizontalPodAutoscalerConfig": exactly(
                        {
                            "behavior": exactly(
                                {}, scaleDown=BEHAVIOUR, scaleUp=BEHAVIOUR
                            )
                        }
                    )
                }
            ),
        ),
    }
)
