# The image for every kind of node: head, CPU and GPU workers (torch's wheels carry CUDA; the host has the driver).
#   docker build --tag affect-on-ray .
# A smaller one without CUDA: --build-arg PIP_EXTRA_INDEX_URL=... with the index of torch's CPU wheels.
FROM python:3.11-slim-bookworm

# OpenCV needs libGL and glib; Kubernetes' probes of Ray wget; Ray's cluster launcher rsync.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 procps rsync wget \
    && rm -rf /var/lib/apt/lists/*

# Where packages come from, where it is not pip's own choice: read by pip.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
# For example [onnx,onnxruntime,mtcnn].
ARG EXTRAS=""

WORKDIR /opt/affect-on-ray
# What the project needs lies in a layer of its own, which a change of the code leaves as it is. Not in a virtual
# environment: Kubernetes starts Ray from a login shell, whose PATH knows /usr/local alone.
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY affect/__init__.py affect/
RUN pip install --no-cache-dir --constraint constraints.txt ".${EXTRAS}" \
    && pip uninstall --yes affect-on-ray \
    && rm -rf build ./*.egg-info
COPY affect affect
COPY jobs jobs
COPY serve serve
COPY cluster cluster
RUN pip install --no-cache-dir --no-deps . && rm -rf build ./*.egg-info

RUN useradd --create-home --uid 1000 ray
USER 1000:1000
WORKDIR /home/ray
# Nobody reaches this Ray without the token: give RAY_AUTH_TOKEN, or mount ~/.ray/auth_token.
ENV RAY_AUTH_MODE=token \
    RAY_USAGE_STATS_ENABLED=0 \
    PYTHONUNBUFFERED=1 \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
# GCS, dashboard and jobs, Ray client, Serve, metrics
EXPOSE 6379 8265 10001 8000 8080
CMD ["ray", "start", "--head", "--block", "--dashboard-host=0.0.0.0", "--metrics-export-port=8080"]
