"""A small deployment without a fault, for breaking it."""

from __future__ import annotations

from typing import Any

from tests.contracts.manifests.documents import Document, read, title

TEXT = """
apiVersion: v1
kind: Namespace
metadata: {name: ns}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: ns}
data: {DATA_DIR: /data}
---
apiVersion: v1
kind: Secret
metadata: {name: secret, namespace: ns}
stringData: {SECRET_KEY: CHANGE-ME}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, namespace: ns}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: ns}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, volume: data}}
    spec:
      enableServiceLinks: false
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 300
      affinity:
        podAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector: {matchLabels: {volume: data}}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        seccompProfile: {type: RuntimeDefault}
      containers:
        -
          name: main
          image: automation-hub-api:latest
          args: [python, -m, gunicorn, automation_hub.wsgi:application]
          ports: [{name: http, containerPort: 8000}]
          envFrom: [{configMapRef: {name: config}}]
          env:
            - {name: REDIS_URL, value: "redis://redis:6379/0"}
            - name: SECRET_KEY
              valueFrom: {secretKeyRef: {name: secret, key: SECRET_KEY}}
            - {name: HEARTBEAT_FILE, value: /tmp/heartbeat}
          livenessProbe:
            httpGet: {path: /health/live, port: http}
            timeoutSeconds: 5
          lifecycle: {preStop: {exec: {command: [sleep, "3"]}}}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {cpu: "1", memory: 1Gi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: claim}}
        - {name: tmp, emptyDir: {sizeLimit: 1Gi}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ns}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: ns}
spec:
  tls: [{hosts: [a.example.com], secretName: secret}]
  rules:
    - host: a.example.com
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: web, port: {name: http}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: ns}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 1
  maxReplicas: 3
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: ns}
spec:
  maxUnavailable: 100%
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector: {matchLabels: {app: web}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: ns}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{protocol: TCP, port: 8000}]
  egress:
    - to: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{protocol: TCP, port: 8000}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: ns}
spec:
  schedule: "15 3 * * *"
"""
# Where the container of Deployment/web is, and its pod.
POD = ("spec", "template", "spec")
CONTAINER = (*POD, "containers", 0)


def good() -> list[Document]:
    """Return the sample, anew for each caller."""
    # Without what YAML shares between documents.
    return read(TEXT)


def change(
    documents: list[Document], name: str, *path: str | int, value: Any = None
) -> list[Document]:
    """Set what is at `path` of the document `name`; without a value, remove it."""
    place: Any = next(d for d in documents if title(d) == name)
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return documents


def broken(name: str, *path: str | int, value: Any = None) -> list[Document]:
    """Return the sample with one thing changed."""
    return change(good(), name, *path, value=value)
