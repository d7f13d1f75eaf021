# Two images from one file: `docker build -t automation-hub .` gives the portal (the last
# stage, `api`), `docker build --target worker -t automation-hub-worker .` the worker.
# It needs no BuildKit: any builder of the last years takes it.

# Another registry's copy, or a base with your own certificates; Debian and CPython 3.12
# are what both images are tested on.
ARG BASE_IMAGE=python:3.12-slim

# -- Where things are made: nothing of this stage stays but what is copied from it -----
FROM ${BASE_IMAGE} AS build

# Empty: the index that pip knows by itself.
ARG PIP_INDEX_URL=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PYTHONDONTWRITEBYTECODE=1

# Whatever release of Debian the base is has its own version of it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*

# Before the code, which changes more often than what it runs on. Wheels only: nothing
# here can compile.
COPY requirements.txt /build/
RUN python -m venv --without-pip /opt/venv \
    && python -m pip --python /opt/venv/bin/python install --quiet --no-compile \
        --only-binary :all: --require-hashes --requirement /build/requirements.txt \
    # What translations were compiled from; nothing reads it again.
    && find /opt/venv -name '*.po' -delete

# The root file system may be read-only, so bytecode has to be there already; hashes
# that are not checked save a look at each source at every start.
RUN /opt/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib

WORKDIR /app
COPY manage.py ./
COPY automation_hub automation_hub
COPY templates templates
COPY apps apps
COPY scripts scripts

# The key is for this line alone: collecting files signs nothing. A checkout may have
# been made with a umask that lets nobody else read it. What packages brought is not
# needed twice, and maps of their sources not once.
RUN SECRET_KEY=unused DATA_DIR=/build/data /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && find staticfiles -name '*.map' -delete \
    && /opt/venv/bin/python -m whitenoise.compress --quiet staticfiles \
    && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash apps automation_hub \
    && rm -rf /opt/venv/lib/python*/site-packages/*/static \
        /opt/venv/lib/python*/site-packages/django/contrib/*/static \
    && chmod -R u=rwX,go=rX .

# -- What both images have ------------------------------------------------------------
FROM ${BASE_IMAGE} AS hub

# The hub installs nothing of its own in a running container, so pip would only be one
# more thing to keep up to date; environments of scripts get the one that Python brings
# along (ensurepip), or uv where an image adds it. A fixed uid: volumes and manifests name it.
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip \
    && groupadd --gid 10001 hub \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin hub \
    && install -d -o 10001 -g 10001 -m 0700 /data

# PID 1. gunicorn and our qcluster would do once they run: both take SIGTERM and bury
# what is left to them. But the kernel keeps from PID 1 every signal that it has no
# handler for, and until Django is loaded there is none, nor is there ever one in
# `manage.py setup`: a container that is stopped in that second would stay for the whole
# grace, which is minutes for a worker. tini hands signals on from the first moment.
COPY --from=build /usr/bin/tini-static /usr/local/bin/tini
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    WORKSPACE=/app \
    DATA_DIR=/data

WORKDIR /app
# By number, so that `runAsNonRoot` can tell. All that is written is /data and /tmp.
USER 10001:10001
VOLUME ["/data"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tini", "-s", "--"]

# Last, since they differ in each build.
ARG VERSION=0.1.0
ARG COMMIT=
ENV HUB_COMMIT=$COMMIT
LABEL org.opencontainers.image.title="automation-hub" \
    org.opencontainers.image.description="A portal that turns a folder of ops scripts into forms, schedules, an API and a history." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$COMMIT"

# -- The worker -----------------------------------------------------------------------
FROM hub AS worker

# The worker renews this file's time while it is well.
ENV HEARTBEAT_FILE=/tmp/heartbeat
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "automation_hub/probe.py", "worker"]
CMD ["python", "manage.py", "qcluster"]

# -- The portal -----------------------------------------------------------------------
FROM hub AS api

EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "automation_hub/probe.py", "api"]
CMD ["python", "-m", "gunicorn", "--config", "automation_hub/gunicorn_config.py", "automation_hub.wsgi:application"]
